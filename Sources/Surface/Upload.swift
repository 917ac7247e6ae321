import API
import HTTP

/// The messages of a request stream, as they arrive. Nothing is read ahead of the service that asks.
final class Upload {
  private let body: HTTPBody
  private var decoder: ConnectDecoder

  /// With messages of at most `limit` bytes each, whatever length the body announces.
  init(_ body: HTTPBody, atMost limit: Int) {
    self.body = body
    decoder = ConnectDecoder(atMost: limit)
  }

  /// The next message; nil at the end. A body that stops inside a message, or whose sender has gone, throws.
  func next() async throws(Refusal) -> [UInt8]? {
    while true {
      switch try decoder.next() {
      case .message(let bytes): return bytes
      case .end: throw Refusal(.invalid, "only an answer has an end message")
      case nil: break
      }
      let bytes = try await body.some()
      if bytes.isEmpty {
        guard decoder.isBetweenMessages else { throw Refusal(.cancelled, "the request ended in the middle") }
        return nil
      }
      decoder.append(bytes)
    }
  }

  /// The message of a stream that has to hold exactly one.
  func only() async throws(Refusal) -> [UInt8] {
    guard let message = try await next() else { throw Refusal(.invalid, "the request holds no message") }
    guard try await next() == nil else { throw Refusal(.invalid, "the request holds more than one message") }
    return message
  }
}

extension HTTPBody {
  /// The next bytes, with the transport's failures as refusals.
  func some() async throws(Refusal) -> [UInt8] {
    do throws(HTTPFailure) { return try await read() } catch { throw Refusal(request: error) }
  }

  /// The whole body.
  func all(_ limit: Int) async throws(Refusal) -> [UInt8] {
    do throws(HTTPFailure) { return try await collect(atMost: limit) } catch { throw Refusal(request: error) }
  }
}

extension Refusal {
  /// A request whose body did not arrive as it should.
  init(request failure: HTTPFailure) {
    switch failure {
    case .tooLarge: self.init(.limit, "the request's body is too large")
    case .malformed(let fault): self.init(.invalid, "the request's body is malformed: \(fault.rawValue)")
    default: self.init(.cancelled, "the request did not arrive: \(failure.description)")
    }
  }
}
