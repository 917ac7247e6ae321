import API
import HTTP

extension Properties {
  /// A range is a part of what is there, and asking for just that part gives it again. The first byte is the size.
  package static func byteRange(_ input: [UInt8]) -> String? {
    guard let first = input.first, let field = text(Array(input.dropFirst())) else { return nil }
    for size in [Int64(first), 0, 1, .max] {
      guard case .part(let range) = ByteRange.parse(field, size: size) else { continue }
      guard range.lowerBound >= 0, range.upperBound <= size, !range.isEmpty else { return "\(range) of \(size)" }
      let again = "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
      // Numbers of more than 18 digits are not taken.
      guard range.upperBound <= 1_000_000_000_000_000_000 else { continue }
      guard ByteRange.parse(again, size: size) == .part(range) else { return "\(again) is another range" }
    }
    return nil
  }

  /// A stream of envelopes gives the same messages however it is cut, and is written as it was read.
  package static func connectStream(_ input: [UInt8]) -> String? {
    let whole = decode(input, step: max(1, input.count))
    for step in [1, 3, 16] {
      let other = decode(input, step: step)
      if other.items != whole.items || other.isRefused != whole.isRefused { return "steps of \(step)" }
    }
    let written = whole.items.flatMap { item in
      switch item {
      case .message(let bytes): ConnectEnvelope.encode(bytes)
      case .end(let bytes): ConnectEnvelope.encode(bytes, isEnd: true)
      }
    }
    if !input.starts(with: written) { return "changed by writing" }
    return whole.isBetween && written.count != input.count ? "bytes that went missing" : nil
  }

  private static func decode(
    _ input: [UInt8], step: Int
  ) -> (items: [ConnectEnvelope.Item], isRefused: Bool, isBetween: Bool) {
    // Small, so that short inputs reach it.
    var decoder = ConnectDecoder(atMost: 1000)
    var items: [ConnectEnvelope.Item] = []
    do throws(Refusal) {
      for piece in pieces(input, step: step) {
        decoder.append(piece)
        while let item = try decoder.next() { items.append(item) }
      }
    } catch { return (items, true, false) }
    return (items, false, decoder.isBetweenMessages)
  }
}
