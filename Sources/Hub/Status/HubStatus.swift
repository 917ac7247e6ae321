import API
import Core
import Cryptography
import SQLite

extension Transaction {
  /// How the hub stands.
  func status() throws -> V1GetStatusResponse {
    var status = V1GetStatusResponse()
    status.role = "hub"
    status.name = trustDomain.text
    status.listen = settings.listen.description
    status.advertise = settings.advertise.url
    status.version = settings.version
    status.ready = true
    status.caFingerprint = authority.certificate.fingerprint.hex
    status.now = now.wire
    let range = try logRange()
    status.logSize = UInt64(clamping: range.size)
    status.logRoot = range.root.hex
    status.channels = UInt32(
      clamping: try database.first("SELECT count(*) FROM channel") { try $0.int(0) } ?? 0)
    status.certificateExpires = Timestamp(seconds: authority.serverCertificate.notAfter).wire
    status.peers = try currentNodes().map { node in
      var peer = V1PeerStatus()
      peer.organization = node.organization.text
      peer.node = node.name.text
      peer.address = node.endpoint.url
      peer.suspended = try isSuspended(node.organization)
      return peer
    }
    return status
  }
}
