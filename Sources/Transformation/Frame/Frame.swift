/// The frames between a host and a worker (Docs/Formats/sandbox-frames.md).
///
///     byte 0      kind
///     bytes 1-3   zero
///     bytes 4-7   length of the payload, little-endian
///     then        payload
///
/// Both sides read strictly: an unknown kind, a nonzero byte or a length over the limit ends the conversation.
package struct Frame: Sendable, Equatable {
  /// What a frame says.
  package enum Kind: UInt8, Sendable {
    // host to worker
    case setup = 1
    case script = 2
    case header = 3
    case piece = 4
    case binding = 5
    // worker to host
    case declaration = 16
    case ready = 17
    case output = 18
    case log = 19
    case pieceEnd = 20

    /// Whether a worker sends it.
    package var isFromWorker: Bool { rawValue >= 16 }
  }

  /// Bytes before the payload.
  package static let headerBytes = 8

  /// What it says.
  package let kind: Kind
  /// Its content.
  package let payload: [UInt8]

  package init(_ kind: Kind, _ payload: [UInt8]) {
    self.kind = kind
    self.payload = payload
  }

  /// The eight bytes before a payload.
  package static func header(_ kind: Kind, count: Int) -> [UInt8] {
    [kind.rawValue, 0, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
  }

  /// The frame as bytes.
  package var encoded: [UInt8] { Self.header(kind, count: payload.count) + payload }

  /// Reads the eight bytes before a payload; nil if they break a rule.
  package static func readHeader(
    _ bytes: ArraySlice<UInt8>, fromWorker: Bool
  ) -> (kind: Kind, count: Int)? {
    var reader = PayloadReader(bytes)
    guard let first = reader.byte(), let kind = Kind(rawValue: first), kind.isFromWorker == fromWorker,
      reader.byte() == 0, reader.byte() == 0, reader.byte() == 0, let count = reader.count()
    else { return nil }
    let most =
      fromWorker ? TransformationLimits.frameBytesFromWorker : TransformationLimits.frameBytesFromHost
    return count <= most ? (kind, count) : nil
  }
}

/// Cuts a worker's stream of bytes into frames.
package struct FrameCutter {
  private var buffer: [UInt8] = []
  private var start = 0

  package init() {}

  /// Takes what arrived.
  package mutating func append(_ bytes: [UInt8]) {
    if isInsideFrame {
      buffer.removeFirst(start)
      buffer.append(contentsOf: bytes)
    } else {
      buffer = bytes
    }
    start = 0
  }

  /// Whether a frame has begun and not ended.
  package var isInsideFrame: Bool { start < buffer.count }

  /// The next whole frame, nil if more bytes are needed.
  package mutating func next() throws(FrameProblem) -> Frame? {
    guard buffer.count - start >= Frame.headerBytes else { return nil }
    let end = start + Frame.headerBytes
    guard let (kind, count) = Frame.readHeader(buffer[start..<end], fromWorker: true) else {
      throw FrameProblem.malformed
    }
    guard buffer.count - end >= count else { return nil }
    defer { start = end + count }
    return Frame(kind, Array(buffer[end..<end + count]))
  }
}

/// What ends a conversation.
package enum FrameProblem: Error {
  /// Bytes that are no frame.
  case malformed
}
