import FoundationEssentials
package import SwiftProtobuf

/// How messages travel: the two codecs of the Connect protocol.
package enum Coding: String, Sendable {
  case json
  case proto

  /// The message's bytes. JSON is the proto3 mapping, with 64-bit integers as numbers.
  package func encode(_ message: some Message) throws(Refusal) -> [UInt8] {
    do {
      switch self {
      case .json:
        var options = JSONEncodingOptions()
        options.alwaysPrintInt64sAsNumbers = true
        return try message.jsonUTF8Bytes(options: options)
      case .proto: return try message.serializedBytes()
      }
    } catch {
      throw Refusal(.internal, "an answer could not be encoded: \(error)")
    }
  }

  /// A message from hostile bytes. Unknown JSON fields are refused: a misspelt option must not be ignored.
  package func decode<M: Message>(_ type: M.Type, from bytes: [UInt8]) throws(Refusal) -> M {
    do {
      switch self {
      case .json:
        var options = JSONDecodingOptions()
        options.messageDepthLimit = 32
        return try M(jsonUTF8Bytes: bytes.isEmpty ? Array("{}".utf8) : bytes, options: options)
      case .proto:
        var options = BinaryDecodingOptions()
        options.messageDepthLimit = 32
        return try M(serializedBytes: bytes, options: options)
      }
    } catch {
      throw Refusal(
        .invalid, "the request is not a \(M.protoMessageName): \(error)", hint: "see the message's definition")
    }
  }
}
