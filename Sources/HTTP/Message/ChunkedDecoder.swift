/// Undoes the chunked transfer coding (RFC 9112, 7.1), byte by byte.
///
///     size in hexadecimal [";" extension] CR LF   data CR LF   …   "0" CR LF   trailer fields   CR LF
///
/// A value-type state machine like `HeadParser`, strict in the same way: no white space after the size, no bare LF,
/// sizes of at most 15 digits, extensions read over and bounded, trailers checked, bounded and dropped.
nonisolated package struct ChunkedDecoder: Sendable {
  private enum State: Equatable {
    case size, extensionText, sizeEnd, data, dataReturn, dataEnd, trailer, done
  }

  private var state = State.size
  private var digits = 0
  /// Bytes missing of the chunk that is being read.
  private var remaining: Int64 = 0
  private var extensionBytes = 0
  private var trailer: HeadParser
  private let extensionLimit = 1024
  private let bodyLimit: Int64

  /// The bytes of body that have come out.
  package private(set) var total: Int64 = 0

  /// A decoder at the first chunk's size, for a body of at most so many bytes.
  package init(bodyBytes: Int64 = .max) {
    bodyLimit = bodyBytes
    var limits = HTTPLimits()
    limits.headBytes = 4096
    limits.fieldCount = 32
    trailer = HeadParser(.trailer, limits: limits)
  }

  /// Whether the last byte of the body has been read.
  package var isComplete: Bool { state == .done }

  /// Takes framed bytes, appends what they carry to `output`, and returns how many were taken: all, unless the body
  /// ended before.
  package mutating func decode(_ input: ArraySlice<UInt8>, into output: inout [UInt8]) throws(HTTPFault) -> Int {
    var index = input.startIndex
    while index < input.endIndex, state != .done {
      switch state {
      case .data:
        let count = Int(Swift.min(remaining, Int64(input.endIndex - index)))
        output.append(contentsOf: input[index..<(index + count)])
        remaining -= Int64(count)
        index += count
        if remaining == 0 { state = .dataReturn }
      case .trailer:
        do throws(HTTPFault) { index += try trailer.feed(input[index...]) } catch { throw .badTrailer }
        if trailer.isComplete { state = .done }
      default:
        try frameByte(input[index])
        index += 1
      }
    }
    return index - input.startIndex
  }

  /// Takes the next `count` bytes, if all of them are data: then they are the body's as they are.
  mutating func takesAsData(_ count: Int) -> Bool {
    guard state == .data, count > 0, remaining >= Int64(count) else { return false }
    remaining -= Int64(count)
    if remaining == 0 { state = .dataReturn }
    return true
  }

  private mutating func frameByte(_ byte: UInt8) throws(HTTPFault) {
    switch state {
    case .size:
      if let digit = Octet.hexadecimal(byte) {
        guard digits < 15 else { throw .badChunk }
        digits += 1
        remaining = remaining << 4 | Int64(digit)
      } else {
        guard digits > 0 else { throw .badChunk }
        switch byte {
        case Octet.carriageReturn: state = .sizeEnd
        case 59: state = .extensionText
        case Octet.lineFeed: throw .bareLineFeed
        default: throw .badChunk
        }
      }
    case .extensionText:
      // Bounded over the whole body: nobody we speak to has a use for them.
      extensionBytes += 1
      guard extensionBytes <= extensionLimit else { throw .badChunk }
      if byte == Octet.carriageReturn {
        state = .sizeEnd
      } else if !Octet.isFieldValue(byte) {
        throw byte == Octet.lineFeed ? .bareLineFeed : .badChunk
      }
    case .sizeEnd:
      guard byte == Octet.lineFeed else { throw .bareLineFeed }
      try beginChunk()
    case .dataReturn:
      guard byte == Octet.carriageReturn else { throw .badChunk }
      state = .dataEnd
    default:
      guard byte == Octet.lineFeed else { throw .badChunk }
      state = .size
      digits = 0
    }
  }

  private mutating func beginChunk() throws(HTTPFault) {
    if remaining == 0 {
      state = .trailer
      return
    }
    guard remaining <= bodyLimit - total else { throw .bodyTooLarge }
    total += remaining
    state = .data
  }
}
