/// Framing of streams in the Connect protocol.
///
/// Each message is one envelope: a flags byte, the length of the message as four big-endian bytes, the message. Flag
/// bit 0 says compressed, which we neither send nor take; bit 1 says that this is the end of the stream and that the
/// message is a `ConnectEnd` in JSON, whatever the messages before it were coded in. Only answers have an end message;
/// a request stream ends with its HTTP body.
package enum ConnectEnvelope {
  /// Bytes before each message.
  package static let headBytes = 5
  /// Longest message that is taken: the largest one we send is a frame of 1 MiB of data, doubled by base64 in JSON.
  package static let messageBytes = 4 << 20
  /// Longest unary answer that a client takes into memory: the files of the largest version.
  package static let answerBytes = 128 << 20

  /// One message in its envelope.
  package static func encode(_ message: [UInt8], isEnd: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(headBytes + message.count)
    bytes.append(contentsOf: head(count: message.count, isEnd: isEnd))
    bytes.append(contentsOf: message)
    return bytes
  }

  /// What stands before a message of so many bytes.
  package static func head(count: Int, isEnd: Bool = false) -> [UInt8] {
    let count = UInt32(clamping: count)
    return [isEnd ? 2 : 0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
  }

  /// What a decoder found.
  package enum Item: Equatable, Sendable {
    /// A message of the stream.
    case message([UInt8])
    /// The end message, JSON.
    case end([UInt8])
  }
}

/// Takes envelopes apart that arrive in arbitrary pieces. Holds at most one unfinished message, whose bytes are copied
/// once, to where they stay.
package struct ConnectDecoder {
  /// What was read and not used.
  private var input: [UInt8] = []
  private var start = 0
  /// The message that is being read, once its head is known.
  private var pending: (isEnd: Bool, length: Int)?
  private var message: [UInt8] = []
  private let limit: Int

  /// With nothing read yet; messages of more than `limit` bytes are refused.
  package init(atMost limit: Int = ConnectEnvelope.messageBytes) { self.limit = limit }

  /// Whether no part of a message is waiting for the rest of it: where a stream may end.
  package var isBetweenMessages: Bool { pending == nil && start == input.count }

  /// Takes the next bytes of the body.
  package mutating func append(_ bytes: [UInt8]) {
    if start == input.count { input = bytes } else { input = input[start...] + bytes }
    start = 0
  }

  /// The next complete envelope, or nil if more bytes are needed. Throws on flags that nobody agreed on and on
  /// messages beyond the limit, before memory is spent on them.
  package mutating func next() throws(Refusal) -> ConnectEnvelope.Item? {
    if pending == nil { pending = try head() }
    guard let (isEnd, length) = pending else { return nil }
    let count = min(length - message.count, input.count - start)
    message.append(contentsOf: input[start..<(start + count)])
    start += count
    guard message.count == length else { return nil }
    let whole = message
    (pending, message) = (nil, [])
    return isEnd ? .end(whole) : .message(whole)
  }

  /// The next head, with room made for its message.
  private mutating func head() throws(Refusal) -> (isEnd: Bool, length: Int)? {
    guard input.count - start >= ConnectEnvelope.headBytes else { return nil }
    let flags = input[start]
    let length = input[(start + 1)..<(start + 5)].reduce(0) { $0 << 8 | Int($1) }
    guard flags == 0 || flags == 2 else {
      throw Refusal(.invalid, "an envelope has flags \(flags)", hint: "streams are not compressed here")
    }
    guard length <= limit else {
      throw Refusal(.limit, "a message of \(length) bytes is more than \(limit)")
    }
    start += ConnectEnvelope.headBytes
    message.reserveCapacity(length)
    return (flags == 2, length)
  }
}
