/// Reads the fields of a frame's payload. Every read may fail; none traps.
package struct PayloadReader {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  package init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// Whether everything was read.
  package var isAtEnd: Bool { position == bytes.endIndex }
  private var left: Int { bytes.endIndex - position }

  package mutating func byte() -> UInt8? {
    guard left >= 1 else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  /// A 32-bit count.
  package mutating func count() -> Int? {
    guard left >= 4 else { return nil }
    var value = 0
    for index in 0..<4 { value |= Int(bytes[position + index]) << (8 * index) }
    position += 4
    return value
  }

  /// A 64-bit word.
  package mutating func word() -> UInt64? {
    guard left >= 8 else { return nil }
    var value: UInt64 = 0
    for index in 0..<8 { value |= UInt64(bytes[position + index]) << (8 * UInt64(index)) }
    position += 8
    return value
  }

  /// A number that fits Int.
  package mutating func number() -> Int? { word().flatMap { Int(exactly: $0) } }

  /// Exactly `count` bytes.
  package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, left >= count else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// Counted bytes.
  package mutating func counted() -> ArraySlice<UInt8>? {
    guard let count = count() else { return nil }
    return take(count)
  }

  /// Counted UTF-8.
  package mutating func string() -> String? { counted().flatMap { String(validating: $0, as: UTF8.self) } }

  /// What is left.
  package mutating func rest() -> ArraySlice<UInt8> {
    defer { position = bytes.endIndex }
    return bytes[position...]
  }
}

/// Writes the fields of a frame's payload.
package struct PayloadWriter {
  /// What was written.
  package private(set) var bytes: [UInt8] = []
  package init() {}

  package mutating func byte(_ value: UInt8) { bytes.append(value) }
  package mutating func count(_ value: Int) {
    for index in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }
  package mutating func word(_ value: UInt64) {
    for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
  }
  package mutating func raw(_ value: some Sequence<UInt8>) { bytes.append(contentsOf: value) }
  package mutating func counted(_ value: some Collection<UInt8>) {
    count(value.count)
    bytes.append(contentsOf: value)
  }
}
