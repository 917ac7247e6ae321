/// The query of a request target, in the form that HTML forms and everybody else use: `name=value` joined by `&`.
///
/// Checked when it is read, split when it is asked: most requests never look.
nonisolated package struct HTTPQuery: Sendable, Equatable {
  /// As it was sent, percent-encoded.
  package let text: String

  /// None.
  package init() { text = "" }

  /// Checks the bytes after `?`: legal characters, well-formed encodings of UTF-8 without NUL.
  init(checking bytes: ArraySlice<UInt8>) throws(HTTPFault) {
    var encoded = false
    for byte in bytes {
      guard Octet.isQuery(byte) else { throw .badTarget }
      if byte == Octet.percent { encoded = true }
    }
    if encoded {
      for part in bytes.split(whereSeparator: { $0 == 38 || $0 == 61 }) { _ = try Percent.decode(part) }
    }
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// Names and values, decoded (`+` is a space), in order. A name without `=` has an empty value.
  package var items: [(name: String, value: String)] {
    text.utf8.split(separator: 38).map { item in
      let parts = item.split(separator: 61, maxSplits: 1, omittingEmptySubsequences: false)
      // Decoded once before, when the target was read: cannot fail here.
      let name = (try? Percent.decode(parts[0], plusIsSpace: true)) ?? ""
      let value = parts.count > 1 ? (try? Percent.decode(parts[1], plusIsSpace: true)) ?? "" : ""
      return (name, value)
    }
  }

  /// The first value of a name.
  package subscript(name: String) -> String? {
    items.first { $0.name == name }?.value
  }
}
