import Cryptography
import SwiftProtobuf

extension Refusal {
  /// As the Connect protocol's error: code and message for any client, the refusal itself as a detail.
  package var connectError: V1ConnectError {
    var detail = V1ConnectDetail()
    detail.type = V1Refusal.protoMessageName
    let bytes: [UInt8] = (try? wire.serializedBytes()) ?? []
    detail.value = String(Base64.encode(bytes).prefix { $0 != "=" })
    detail.debug = wire
    var error = V1ConnectError()
    // The protocol has a word of its own for a caller whose time was over; for the command line it is a cancellation.
    error.code = rule == "deadline" ? "deadline_exceeded" : code.connectCode
    error.message = message
    error.details = [detail]
    return error
  }

  /// The body of a unary answer that failed.
  package var connectBody: [UInt8] { (try? Coding.json.encode(connectError)) ?? Array("{}".utf8) }

  /// The message of an envelope that ends a stream, in failure or not.
  package static func connectEnd(_ refusal: Refusal?) -> [UInt8] {
    var end = V1ConnectEnd()
    if let refusal { end.error = refusal.connectError }
    return (try? Coding.json.encode(end)) ?? Array("{}".utf8)
  }

  /// The refusal that a failed unary answer carries. One without our detail (from a proxy, say) becomes what its
  /// Connect code or HTTP status comes nearest to.
  package static func read(connectBody body: [UInt8], status: Int) -> Refusal {
    var options = JSONDecodingOptions()
    options.ignoreUnknownFields = true
    options.messageDepthLimit = 32
    if let error = try? V1ConnectError(jsonUTF8Bytes: body, options: options), !error.code.isEmpty {
      return Refusal(error)
    }
    return Refusal(nearest(status: status), "the other side answered with HTTP status \(status)")
  }

  /// The refusal that ended a stream, or nil if it ended well.
  package static func read(connectEnd message: [UInt8]) -> Refusal? {
    var options = JSONDecodingOptions()
    options.ignoreUnknownFields = true
    options.messageDepthLimit = 32
    guard let end = try? V1ConnectEnd(jsonUTF8Bytes: message, options: options) else {
      return Refusal(.internal, "the stream ended with an error that cannot be read")
    }
    return end.hasError ? Refusal(end.error) : nil
  }

  /// What a Connect error says; the refusal among its details, if there is one.
  package init(_ error: V1ConnectError) {
    for detail in error.details where detail.type == V1Refusal.protoMessageName {
      let padding = String(repeating: "=", count: (4 - detail.value.utf8.count % 4) % 4)
      guard let bytes = Base64.decode(detail.value + padding), let wire = try? V1Refusal(serializedBytes: bytes) else {
        continue
      }
      self.init(wire)
      return
    }
    let code = RefusalCode.allCases.first { $0.connectCode == error.code } ?? .internal
    self.init(code, error.message.isEmpty ? "the other side failed with \(error.code)" : error.message)
  }

  private static func nearest(status: Int) -> RefusalCode {
    switch status {
    case 400, 405, 411, 413...415, 431: .invalid
    case 401: .unauthenticated
    case 403: .denied
    case 404, 410: .notFound
    case 409: .stale
    case 429: .limit
    case 502...504: .unreachable
    default: .internal
    }
  }
}
