import API
import Core
import Cryptography
import EventLoop
import Glibc
import HTTP
import Surface
import TestLoop
import Testing

/// Whom a connection speaks for.
@Suite struct CallersTests {
  private let start: Int64 = 1_700_000_000
  private let uri = "spiffe://grid.test/org/acme/node/node-1"

  /// A certificate for `uri`, an hour long, with its TLS key as callers name it.
  private func certificate(_ uri: String) throws -> (der: [UInt8], tlsKey: String) {
    let key = try P256PrivateKey.generate()
    let own = try P256PrivateKey.generate()
    let authority = try X509.makeCA(key: key, commonName: "grid.test", notBefore: start, notAfter: start + 86_400)
    let leaf = try X509.issue(
      subject: own, authority: authority, key: key, uri: uri, host: .ip([127, 0, 0, 1]), notBefore: start,
      notAfter: start + 3600)
    return (leaf, SHA256.hash(own.publicKeySPKI).hex)
  }

  private func callers(_ trustDomain: String? = "grid.test", at second: Int64 = 60) -> Callers {
    Callers(socketPath: nil, trustDomain: { trustDomain }, now: { [start] in start + second })
  }

  @Test func aCertificateSpeaksForTheNodeThatItNames() throws {
    let (der, tlsKey) = try certificate(uri)
    let acme = Caller.node(organization: "acme", node: "node-1", tlsKey: tlsKey, expired: false)
    let callers = callers()
    #expect(callers.caller(certificate: der, .valid) == acme)
    // From the cache, the same.
    #expect(callers.caller(certificate: der, .valid) == acme)
    #expect(callers.caller(certificate: der, .valid).actor == "acme/node-1")
    let connection = ConnectionInfo(
      peerAddress: "192.0.2.1:1", peerCertificateDER: der, certificateVerdict: .valid)
    #expect(callers.caller(of: connection) == acme)
  }

  @Test func oneThatIsOverOrNotYetMayOnlyRenew() throws {
    let (der, tlsKey) = try certificate(uri)
    let over = Caller.node(organization: "acme", node: "node-1", tlsKey: tlsKey, expired: true)
    #expect(callers().caller(certificate: der, .expired) == over)
    // The handshake was long ago: the connection lives on, the certificate does not.
    #expect(callers(at: 3601).caller(certificate: der, .valid) == over)
    #expect(callers(at: -1).caller(certificate: der, .valid) == over)
    #expect(callers(at: 3600).caller(certificate: der, .valid) != over)
    #expect(Role.node.refusal(of: over)?.code == .expired)
    #expect(Role.expiredNode.refusal(of: over) == nil)
  }

  @Test func whatIsNotOfThisGridSpeaksForNobody() throws {
    let der = try certificate(uri).der
    #expect(callers("other.test").caller(certificate: der, .valid) == .anonymous)
    #expect(callers(nil).caller(certificate: der, .valid) == .anonymous)
    #expect(callers().caller(certificate: der, .untrusted("self-signed")) == .anonymous)
    #expect(callers().caller(certificate: der, .none) == .anonymous)
    #expect(callers().caller(certificate: [0x30, 0x00], .valid) == .anonymous)
    for uri in [
      "spiffe://grid.test/hub", "spiffe://grid.test/org/acme", "spiffe://grid.test/org/ACME/node/node-1",
      "spiffe://grid.test/org/acme/node/node-1/x", "https://grid.test/org/acme/node/node-1",
    ] {
      #expect(callers().caller(certificate: try certificate(uri).der, .valid) == .anonymous, "\(uri)")
    }
    #expect(callers().caller(of: ConnectionInfo(peerAddress: "192.0.2.1:1")) == .anonymous)
  }

  @Test func theKernelTellsOperatorsFromStrangers() throws {
    let callers = Callers(socketPath: "/dev/null", trustDomain: { nil }, now: { 0 })
    var facts = stat()
    try #require(stat("/dev/null", &facts) == 0)
    let group = facts.st_gid
    #expect(callers.caller(user: 0, groups: [12345]) == .local(uid: 0))
    #expect(callers.caller(user: geteuid(), groups: []) == .local(uid: geteuid()))
    #expect(callers.caller(user: 12345, groups: [1, 2, group]) == .local(uid: 12345))
    #expect(callers.caller(user: 12345, groups: [group &+ 1]) == .stranger(uid: 12345))
    #expect(callers.caller(user: 12345, groups: []).actor == "uid:12345")
    #expect(self.callers().caller(user: 12345, groups: [0]) == .stranger(uid: 12345), "no socket, no group")
  }

  /// Nothing but what anybody may ask is a stranger's to ask.
  @Test func aStrangerIsRefusedByEveryRole() {
    for role in Role.allCases {
      let refusal = role.refusal(of: .stranger(uid: 7))
      #expect((refusal == nil) == (role == .anyone))
      if let refusal { #expect(refusal.rule == "not-an-operator" && refusal.concern == "uid:7") }
    }
  }

  /// Somebody else on this machine, over a socket that was opened too wide: refused like everybody, with an incident.
  @Test func aStrangerOnTheSocketHasAnIncident() async throws {
    guard geteuid() == 0, access("/usr/bin/setpriv", X_OK) == 0 else {
      print("skipped: needs root and setpriv to be another user")
      return
    }
    try await Stage.run { stage in
      try stage.openWide()
      guard
        let answer = try await stage.curl(
          as: 65_534, "-d", "{}", "-H", "content-type: application/json", "http://d/demarc.v1.Datasets/Create")
      else { return }
      #expect(answer.hasPrefix("HTTP/1.1 403"), "\(answer)")
      #expect(answer.contains("user 65534 is not an operator"))
      // An envelope that announces a mebibyte: refused by its head, and not waited for.
      let path = String(stage.socket.dropLast(2)) + "/file"
      try stage.announce(1 << 20, in: path)
      let huge = try await stage.curl(
        as: 65_534, "--data-binary", "@\(path)", "-H", "content-type: application/connect+json",
        "http://d/demarc.v1.Pulls/Pull")
      #expect(huge?.contains("a message of 1048576 bytes is more than 65536") == true, "\(huge ?? "")")
      let asked = try await stage.curl(as: 65_534, "http://d/v1/versions/x/y") ?? ""
      #expect(asked.hasPrefix("HTTP/1.1 403"), "\(asked)")
      #expect(
        stage.onRecord == [
          "demarc.v1.Datasets/Create denied uid:65534", "GET /v1/versions/{cid}/{path…} denied uid:65534",
        ])
    }
  }
}
