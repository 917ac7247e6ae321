import Cryptography
import EventLoop
import Glibc
import HTTP

/// A certificate authority for one test, and what it issues.
struct Authority {
  let key: P256PrivateKey
  let certificate: [UInt8]
  private static let day: Int64 = 86_400

  init() throws {
    key = try P256PrivateKey.generate()
    let now = Int64(time(nil))
    certificate = try X509.makeCA(
      key: key, commonName: "test", notBefore: now - 400 * Self.day, notAfter: now + Self.day)
  }

  var pem: [UInt8] { PEM.encode(label: "CERTIFICATE", certificate) }

  /// Valid from 30 days ago until `days` from now; negative is expired.
  func identity(_ name: String, days: Int64 = 1, host: X509.Host = .dns("node.example")) throws -> TLSIdentity {
    let subject = try P256PrivateKey.generate()
    let now = Int64(time(nil))
    let leaf = try X509.issue(
      subject: subject, authority: certificate, key: key, uri: "demarc://\(name)", host: host,
      notBefore: now - 30 * Self.day, notAfter: now + days * Self.day)
    return TLSIdentity(
      certificateChainPEM: PEM.encode(label: "CERTIFICATE", leaf), privateKeyPEM: subject.pem)
  }
}

/// Both ends of a TLS connection over loopback, or how each of them failed.
struct Handshake {
  let server: Result<TLSStream, StreamFailure>
  let client: Result<TLSStream, StreamFailure>

  static func between(server: TLSPolicy, client: TLSPolicy) async throws -> Handshake {
    let listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
    let serverContext = try TLSContext(server)
    let clientContext = try TLSContext(client)
    let port = listener.port
    let connecting = Task { () -> Result<TLSStream, StreamFailure> in
      do throws(StreamFailure) {
        let socket = try await SocketStream.connect(host: "127.0.0.1", port: port, timeout: .seconds(5))
        return .success(try await TLSStream.client(over: socket, context: clientContext))
      } catch { return .failure(error) }
    }
    let socket = try await listener.accept()
    let accepted: Result<TLSStream, StreamFailure>
    do throws(StreamFailure) {
      accepted = .success(try await TLSStream.server(over: socket, context: serverContext))
    } catch { accepted = .failure(error) }
    return Handshake(server: accepted, client: await connecting.value)
  }
}
