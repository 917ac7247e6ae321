/// Tells whether bytes that arrive in pieces are UTF-8 (RFC 3629: no overlong forms, surrogates, or anything beyond
/// U+10FFFF). Eight bytes a turn while they are ASCII; stops looking at the first wrong byte.
package struct UTF8Check: Sendable {
  private var isValid = true
  /// Continuation bytes still due, and the bounds of the next of them.
  private var due = 0
  private var low: UInt8 = 0x80
  private var high: UInt8 = 0xbf

  package init() {}

  /// The verdict over all bytes so far, a character cut short being wrong.
  package var isUTF8: Bool { isValid && due == 0 }

  /// Takes the next bytes in.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var position = 0
    let count = bytes.count
    while isValid, position < count {
      if due == 0 {
        while position &+ 8 <= count,
          bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        { position &+= 8 }
        guard position < count else { return }
      }
      take(bytes[position])
      position &+= 1
    }
  }

  private mutating func take(_ byte: UInt8) {
    if due > 0 {
      guard low <= byte, byte <= high else { return isValid = false }
      due -= 1
      (low, high) = (0x80, 0xbf)
      return
    }
    switch byte {
    case 0x00...0x7f: return
    case 0xc2...0xdf: due = 1
    case 0xe0: (due, low) = (2, 0xa0)
    case 0xed: (due, high) = (2, 0x9f)
    case 0xe1...0xef: due = 2
    case 0xf0: (due, low) = (3, 0x90)
    case 0xf4: (due, high) = (3, 0x8f)
    case 0xf1...0xf3: due = 3
    default: isValid = false
    }
  }
}
