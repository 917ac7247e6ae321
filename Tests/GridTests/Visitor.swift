import API
import Core
import Cryptography
import EventLoop
import HTTP
import Peers
import Testing

/// Somebody who connects to a node or a hub with whatever papers there are, and asks what no honest node would ask.
struct Visitor {
  /// PEM; nil for a client that shows no certificate.
  var chain: [UInt8]?
  var key: [UInt8]?
  /// The envelope that goes with each request.
  var endorsement: [UInt8]?

  /// With the papers of a node of the grid.
  init(of name: String, in grid: Grid) throws {
    chain = try grid.contents(name + "/keys/certificate.pem")
    key = try grid.contents(name + "/keys/tls.key")
    endorsement = try grid.contents(name + "/keys/endorsement.json")
  }

  /// With none.
  init() {}

  private func http(_ at: String, _ grid: Grid) async throws -> HTTPClient {
    try http(try #require(Endpoint(try await grid.listen(at))), grid)
  }

  private func http(_ endpoint: Endpoint, _ grid: Grid) throws -> HTTPClient {
    var identity: TLSIdentity?
    if let chain, let key { identity = TLSIdentity(certificateChainPEM: chain, privateKeyPEM: key) }
    let anchor = try grid.contents("hub/keys/authority.pem")
    return HTTPClient(
      origin: endpoint.origin,
      tls: try TLSContext(TLSPolicy(identity: identity, trustAnchorsPEM: anchor, peer: .required)))
  }

  private var headers: HTTPHeaders {
    var headers = HTTPHeaders()
    if let endorsement { headers["demarc-endorsement"] = Base64.encode(endorsement) }
    return headers
  }

  /// The refusal of a request that must be refused.
  func refusal(_ path: String, at node: String, _ grid: Grid, location: SourceLocation = #_sourceLocation) async throws
    -> Refusal
  {
    let client = try await http(node, grid)
    defer { client.close() }
    do throws(Refusal) {
      _ = try await ConnectClient(client, daemon: node).content(path, headers: headers)
    } catch {
      return error
    }
    Issue.record("\(path) was not refused", sourceLocation: location)
    throw Refusal(.internal, "not refused")
  }

  /// The bytes of an answer that must be a success.
  func bytes(_ path: String, at node: String, _ grid: Grid) async throws -> [UInt8] {
    let client = try await http(node, grid)
    defer { client.close() }
    let response = try await client.send(HTTPClient.Request(method: "GET", target: path, headers: headers))
    try #require(response.status == 200, "\(path): \(response.status)")
    return try await response.body.collect(atMost: 1 << 20)
  }

  /// Posts a body; answers the refusal, nil if it was taken.
  func post(_ path: String, _ body: [UInt8], at node: String, _ grid: Grid) async throws -> Refusal? {
    let client = try await http(node, grid)
    defer { client.close() }
    let response = try await client.send(
      HTTPClient.Request(method: "POST", target: path, headers: headers, content: .bytes(body)))
    let text = try await response.body.collect(atMost: 1 << 20)
    return response.status < 300 ? nil : Refusal.read(connectBody: text, status: response.status)
  }

  /// An answer as it came, but for what is different in every one: the date and the incident.
  func answer(_ path: String, at node: String, _ grid: Grid) async throws -> (status: Int, text: String) {
    try await answer(path, at: try #require(Endpoint(try await grid.listen(node))), grid)
  }

  func answer(_ path: String, at node: Endpoint, _ grid: Grid) async throws -> (status: Int, text: String) {
    let client = try http(node, grid)
    defer { client.close() }
    let response = try await client.send(HTTPClient.Request(method: "GET", target: path, headers: headers))
    var text = ""
    for (name, value) in response.headers where name.lowercased() != "date" { text += "\(name): \(value)\n" }
    let body = String(decoding: try await response.body.collect(atMost: 1 << 20), as: UTF8.self)
    let incident = Refusal.read(connectBody: Array(body.utf8), status: response.status).incident
    return (response.status, text + (incident.isEmpty ? body : Self.masked(body, incident)))
  }

  /// A refusal without its incident, which stands in it as text and in the protobuf message beside that.
  private static func masked(_ body: String, _ incident: String) -> String {
    var parts = body.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
    for (place, part) in parts.enumerated() where place > 1 && parts[place - 2] == "value" {
      let padded = part + String(repeating: "=", count: (4 - part.utf8.count % 4) % 4)
      guard let message = Base64.decode(padded) else { continue }
      parts[place] = String(decoding: message, as: UTF8.self)
    }
    return parts.joined(separator: "\"").split(separator: incident, omittingEmptySubsequences: false)
      .joined(separator: "INCIDENT")
  }
}

/// What a thief has who took everything from the hub's disk.
struct StolenHub {
  let authority: CertificateFacts
  let authorityKey: P256PrivateKey
  let signingKey: Ed25519PrivateKey
  let serverChain: [UInt8]
  let serverKey: [UInt8]

  init(_ grid: Grid) throws {
    authority = try CertificateFacts(pem: try grid.contents("hub/keys/authority.pem"))
    authorityKey = try P256PrivateKey(pem: try grid.contents("hub/keys/authority.key"))
    signingKey = try Self.key(in: grid, "hub")
    serverChain = try grid.contents("hub/keys/server.pem") + authority.pem
    serverKey = try grid.contents("hub/keys/server.key")
  }

  /// The signing key of a daemon of the grid.
  static func key(in grid: Grid, _ name: String) throws -> Ed25519PrivateKey {
    let text = String(decoding: try grid.contents(name + "/keys/signing.key"), as: UTF8.self)
    return try Ed25519PrivateKey(seed: try #require(Hex.decode(text.filter { !$0.isWhitespace })))
  }

  /// A certificate for a node, in force from an hour ago for `seconds` from now.
  func certificate(for identity: NodeIdentity, _ key: P256PrivateKey, seconds: Int64 = 3600) throws -> [UInt8] {
    let now = EventLoop.wallTime() / 1_000_000
    let leaf = try X509.issue(
      subject: key, authority: authority.der, key: authorityKey, uri: identity.description, host: .ip([127, 0, 0, 1]),
      notBefore: now - 3600, notAfter: now + seconds)
    return PEM.encode(label: "CERTIFICATE", leaf) + authority.pem
  }
}

extension Grid {
  /// Who a node of the grid is, by its certificate.
  func identity(of name: String) throws -> NodeIdentity {
    let facts = try CertificateFacts(pem: try contents(name + "/keys/certificate.pem"))
    return try #require(facts.uris.first.flatMap { NodeIdentity($0) })
  }
}
