extension String {
  /// This text as one line for a person to read: what would move a cursor, end a line, colour a terminal or turn the
  /// direction of writing becomes a space, and no more than `limit` bytes of UTF-8 are kept.
  ///
  /// For whatever others chose and a terminal, a journal or a log shows. Bounded by bytes and not by characters: one
  /// character may have any number of combining marks.
  package func plain(atMost limit: Int) -> String {
    // Nearly everything is printable ASCII already.
    if utf8.count <= limit, utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return self }
    var plain = UnicodeScalarView()
    var bytes = 0
    for scalar in unicodeScalars {
      let shown = scalar.isInvisible ? " " : scalar
      bytes += UTF8.width(shown)
      guard bytes <= limit else { break }
      plain.append(shown)
    }
    return String(plain)
  }
}

extension Unicode.Scalar {
  /// Controls (C0, DEL, C1), line and paragraph separators, and the marks that turn or embed a direction of writing.
  fileprivate var isInvisible: Bool {
    switch value {
    case 0..<0x20, 0x7f...0x9f, 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: true
    default: false
    }
  }
}
