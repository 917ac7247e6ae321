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
        .invalid, "the request is not a \(M.protoMessageName): \(Self.words(error))",
        hint: "see the message's definition")
    }
  }

  /// What is wrong with a request, without the names of the library that found it.
  private static func words(_ error: any Error) -> String {
    guard let error = error as? JSONDecodingError else { return "the bytes are not of that form" }
    switch error {
    case .unknownField(let name): return "it has no field “\(name.prefix(64))”"
    case .truncated: return "the JSON ends too early"
    case .trailingGarbage: return "more follows after the JSON"
    case .messageDepthLimit: return "the JSON is nested too deeply"
    case .malformedNumber, .numberRange, .leadingZero: return "a number is none, or out of range"
    case .malformedString, .invalidUTF8: return "a text is none, or not UTF-8"
    case .malformedBool: return "a boolean is neither true nor false"
    case .malformedTimestamp: return "a time is not of the form 2026-11-21T09:45:13Z"
    case .malformedDuration: return "a duration is not of the form 3.5s"
    case .unrecognizedEnumValue: return "a value is none of its list"
    case .conflictingOneOf: return "two fields exclude one another"
    case .failure: return "the text is not JSON"
    default: return "the JSON has another form"
    }
  }
}
