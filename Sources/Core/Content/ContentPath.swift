/// The path of a file inside a version: checked once, when it comes in, so that nothing behind can write outside of a
/// directory or into a terminal.
///
/// One or more components between single slashes; no component is empty, `.` or `..`, is longer than 255 bytes or has
/// a control character (U+0000–U+001F, U+007F–U+009F); at most 4095 bytes and 64 components; valid UTF-8. Compared and
/// ordered by bytes, unlike `String`, to which "é" in one and in two code points are the same.
package struct ContentPath: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The path as it was given.
  package let text: String

  /// Takes the path over if it keeps the rules.
  package init(_ text: String) throws(ContentFailure) {
    guard text.utf8.count <= ContentLimits.pathBytes else { throw .path("a path is longer than 4095 bytes") }
    var components = 0
    for component in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      try Self.check(Substring(component))
      components += 1
    }
    guard components <= ContentLimits.directoryDepth else { throw .path("a path has more than 64 components") }
    self.text = text
  }

  /// Takes the path over if it is UTF-8 and keeps the rules; for names that come from a file system.
  package init(bytes: [UInt8]) throws(ContentFailure) {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .path("a path is not UTF-8") }
    try self.init(text)
  }

  /// The components, first to last.
  package var components: [Substring] { text.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) } }

  package var description: String { text }

  /// Refuses a name that cannot be one component.
  package static func check(_ name: Substring) throws(ContentFailure) {
    if name.isEmpty { throw .path("a path has an empty component, or begins or ends with a slash") }
    if name == "." || name == ".." { throw .path("a path has the component \(name)") }
    guard name.utf8.count <= ContentLimits.nameBytes else { throw .path("a name is longer than 255 bytes") }
    for scalar in name.unicodeScalars {
      switch scalar.value {
      case 0...0x1f, 0x7f...0x9f: throw .path("a name has a control character")
      case 0x2f: throw .path("a name has a slash")
      default: continue
      }
    }
  }

  /// True if the UTF-8 of `a` comes before that of `b`: the order of entries in a directory.
  package static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

  package static func < (a: ContentPath, b: ContentPath) -> Bool { precedes(a.text, b.text) }

  package static func == (a: ContentPath, b: ContentPath) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
