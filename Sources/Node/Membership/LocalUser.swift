import Glibc

/// Names of accounts of this machine.
nonisolated enum LocalUser {
  /// The login name of a user, or `uid:N` for one without.
  static func name(of uid: UInt32) -> String {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 4096)
    guard getpwuid_r(uid, &record, &buffer, buffer.count, &found) == 0, found != nil, let name = record.pw_name else {
      return "uid:\(uid)"
    }
    return String(cString: name)
  }
}
