import CShims

/// The process at the other end of a Unix socket, as the kernel recorded it when it connected. What the command line is
/// trusted by.
package struct UnixCredentials: Equatable, Sendable {
  /// Of the process that connected; it may have ended since.
  package let process: Int32
  package let user: UInt32
  package let group: UInt32
  /// Supplementary groups in the kernel's order. Beyond 256, none are told.
  package let groups: [UInt32]

  init?(of descriptor: Int32) {
    var peer = demarc_peer()
    guard demarc_peer_credentials(descriptor, &peer) == 0 else { return nil }
    process = peer.process
    user = peer.user
    group = peer.group
    groups = withUnsafeBytes(of: &peer.groups) { all in
      (0..<min(Int(peer.group_count), all.count / 4)).map { all.load(fromByteOffset: $0 * 4, as: UInt32.self) }
    }
  }
}
