import Cryptography
import Testing

struct X509Tests {
  let start: Int64 = 1_700_000_000
  let end: Int64 = 1_700_000_000 + 45 * 86_400
  let uri = "spiffe://grid.example/org/acme/node/edge"

  private func authority(_ name: String = "hub") throws -> (key: P256PrivateKey, der: [UInt8]) {
    let key = try P256PrivateKey.generate()
    return (key, try X509.makeCA(key: key, commonName: name, notBefore: start, notAfter: end))
  }

  @Test func anAuthoritySaysWhatItIs() throws {
    let (key, der) = try authority()
    let facts = try CertificateFacts(der: der)
    #expect(facts.isAuthority)
    #expect(facts.commonName == "hub")
    #expect(facts.publicKeySPKI == key.publicKeySPKI)
    #expect(facts.notBefore == start)
    #expect(facts.notAfter == end)
    #expect(facts.fingerprint == SHA256.hash(der))
    #expect(facts.isSigned(by: facts))
    #expect(try CertificateFacts(pem: facts.pem) == facts)
  }

  @Test(arguments: [X509.Host.dns("edge.acme.example"), .ip([127, 0, 0, 1]), .ip([UInt8](repeating: 1, count: 16))])
  func aLeafHasOneURIAndOneHost(host: X509.Host) throws {
    let hub = try authority()
    let key = try P256PrivateKey.generate()
    let request = try CertificateRequest.make(key: key, commonName: "edge")
    #expect(request.publicKeySPKI == key.publicKeySPKI)
    let leaf = try CertificateFacts(
      der: try X509.issue(
        request: request.der, authority: hub.der, key: hub.key, uri: uri, host: host, notBefore: start, notAfter: end))
    #expect(leaf.uris == [uri])
    switch host {
    case .dns(let name): #expect(leaf.dnsNames == [name] && leaf.ipAddresses.isEmpty)
    case .ip(let address): #expect(leaf.ipAddresses == [address] && leaf.dnsNames.isEmpty)
    }
    #expect(!leaf.isAuthority)
    #expect(leaf.publicKeySPKI == key.publicKeySPKI)
    #expect(leaf.serial.count == 16)
    #expect(leaf.isSigned(by: try CertificateFacts(der: hub.der)))
    #expect(leaf.isValid(at: start) && leaf.isValid(at: end))
    #expect(!leaf.isValid(at: start - 1) && !leaf.isValid(at: end + 1))
  }

  @Test func anotherAuthorityOfTheSameNameDidNotSignIt() throws {
    let (hub, impostor) = (try authority(), try authority())
    let leaf = try CertificateFacts(
      der: try X509.issue(
        subject: try P256PrivateKey.generate(), authority: hub.der, key: hub.key, uri: uri, host: .dns("a.example"),
        notBefore: start, notAfter: end))
    #expect(!leaf.isSigned(by: try CertificateFacts(der: impostor.der)))
    #expect(!(try CertificateFacts(der: hub.der).isSigned(by: leaf)), "a leaf signs nothing")
  }

  @Test func aForgedRequestIsRefused() throws {
    let request = try CertificateRequest.make(key: try P256PrivateKey.generate(), commonName: "edge").der
    var forged = request
    forged[request.count - 1] ^= 1
    #expect(throws: CryptographyError.self) { try CertificateRequest(der: forged) }
    #expect(throws: CryptographyError.self) { try CertificateRequest(der: request + [0]) }
    #expect(throws: CryptographyError.self) { try CertificateRequest(der: []) }
  }

  @Test func aHostThatIsNoneIsRefused() throws {
    let hub = try authority()
    for host in [X509.Host.dns(""), .dns("a b"), .dns("a\u{0}.example"), .dns("é.example"), .ip([1, 2, 3])] {
      #expect(throws: CryptographyError.self) {
        try X509.issue(
          subject: hub.key, authority: hub.der, key: hub.key, uri: uri, host: host, notBefore: start, notAfter: end)
      }
    }
  }

  /// Every truncation and every flipped byte parses or is refused; none traps.
  @Test func damagedCertificatesAreRefusedOrRead() throws {
    let der = try authority().der
    for count in 0..<der.count {
      #expect(throws: CryptographyError.self) { try CertificateFacts(der: Array(der.prefix(count))) }
    }
    var read = 0
    for at in der.indices {
      var damaged = der
      damaged[at] ^= 0xff
      if (try? CertificateFacts(der: damaged)) != nil { read += 1 }
    }
    #expect(read < der.count)
  }

  @Test func keysSurviveTheirFiles() throws {
    let key = try P256PrivateKey.generate()
    #expect(try P256PrivateKey(pem: key.pem).publicKeySPKI == key.publicKeySPKI)
    #expect(throws: CryptographyError.self) { try P256PrivateKey(pem: Array("not a key".utf8)) }
    #expect(throws: CryptographyError.self) { try P256PrivateKey(pem: []) }
  }
}
