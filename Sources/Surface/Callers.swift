package import API
import Core
import Cryptography
import EventLoop
import Glibc
package import HTTP

/// Tells who is at the other end of a connection.
///
/// A Unix socket speaks for the user whose process connected, as the kernel recorded it. TLS speaks for the node that
/// the hub's certificate names. Nothing else speaks for anybody: no header, no address.
package final class Callers {
  /// The group whose members are operators besides root and the daemon's own user: that of the socket's file.
  private let operators: UInt32?
  private let daemonUser: UInt32
  private let trustDomain: () -> String?
  private let now: () -> Int64
  private var known: [[UInt8]: Facts] = [:]

  private struct Facts {
    let identity: NodeIdentity
    let tlsKey: String
    let notBefore: Int64
    let notAfter: Int64
  }

  /// - Parameters:
  ///   - socketPath: the file of the Unix socket that already listens; its group's members are operators. Nil if there
  ///     is none.
  ///   - trustDomain: whose certificates count; nil while the daemon has not joined a grid.
  ///   - now: seconds since 1970 by the hub's clock, for certificates that end while their connection lives.
  package init(socketPath: String?, trustDomain: @escaping () -> String?, now: @escaping () -> Int64) {
    operators = socketPath.flatMap { path in
      var facts = stat()
      return stat(path, &facts) == 0 ? facts.st_gid : nil
    }
    daemonUser = geteuid()
    self.trustDomain = trustDomain
    self.now = now
  }

  /// Who asks over this connection. Whether they may is not judged here.
  package func caller(of connection: ConnectionInfo) -> Caller {
    if let credentials = connection.unixCredentials {
      return caller(user: credentials.user, groups: [credentials.group] + credentials.groups)
    }
    guard let der = connection.peerCertificateDER else { return .anonymous }
    return caller(certificate: der, connection.certificateVerdict)
  }

  /// Who a process of this machine stands for, by what the kernel says of it.
  package func caller(user: UInt32, groups: [UInt32]) -> Caller {
    let isOperator = user == 0 || user == daemonUser || operators.map { groups.contains($0) } == true
    return isOperator ? .local(uid: user) : .stranger(uid: user)
  }

  /// Whom a certificate speaks for, after the handshake judged it: a node of this daemon's grid, or nobody.
  package func caller(certificate der: [UInt8], _ verdict: CertificateVerdict) -> Caller {
    switch verdict {
    case .none, .untrusted: return .anonymous
    case .valid, .expired: break
    }
    guard let facts = facts(of: der), facts.identity.trustDomain.text == trustDomain() else { return .anonymous }
    let now = now()
    let isOver = verdict == .expired || now < facts.notBefore || now > facts.notAfter
    return .node(
      organization: facts.identity.organization.text, node: facts.identity.node.text, tlsKey: facts.tlsKey,
      expired: isOver)
  }

  private func facts(of der: [UInt8]) -> Facts? {
    if let facts = known[der] { return facts }
    guard let certificate = try? CertificateFacts(der: der), certificate.uris.count == 1,
      let identity = NodeIdentity(certificate.uris[0])
    else { return nil }
    let facts = Facts(
      identity: identity, tlsKey: SHA256.hash(certificate.publicKeySPKI).hex, notBefore: certificate.notBefore,
      notAfter: certificate.notAfter)
    if known.count >= Limits.knownCertificates { known.removeAll() }
    known[der] = facts
    return facts
  }
}
