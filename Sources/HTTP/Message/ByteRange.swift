/// The verdict on a Range field (RFC 9110, 14).
///
/// One range is served. Several, a foreign unit or a malformed field are ignored, as the RFC allows: the answer is the
/// whole representation, which is right for every client and leaves no amplification by overlapping ranges.
nonisolated package enum ByteRange: Sendable, Equatable {
  /// Send everything (200).
  case whole
  /// Send these bytes (206), a non-empty part of the representation.
  case part(Range<Int64>)
  /// Nothing of what was asked exists (416).
  case unsatisfiable

  /// Judges a Range field against a representation of `size` bytes.
  ///
  /// `ifRange` makes it conditional: the range holds only if that field names exactly `entityTag`, a strong one in its
  /// quotes; a date never matches, since we send none.
  package static func parse(
    _ field: String?, size: Int64, ifRange: String? = nil, entityTag: String? = nil
  ) -> ByteRange {
    guard let field else { return .whole }
    if let ifRange, ifRange != entityTag || ifRange.hasPrefix("W/") { return .whole }
    let bytes = Array(field.utf8)
    guard bytes.prefix(6).map(Octet.lowercased).elementsEqual("bytes=".utf8) else { return .whole }
    let spec = bytes.dropFirst(6)
    guard let dash = spec.firstIndex(of: 45) else { return .whole }
    let before = spec[..<dash]
    let after = spec[(dash + 1)...]
    if before.isEmpty {
      guard let count = number(after) else { return .whole }
      if count == 0 || size <= 0 { return .unsatisfiable }
      return .part(max(0, size - count)..<size)
    }
    guard let first = number(before) else { return .whole }
    var last = Int64.max
    if !after.isEmpty {
      guard let given = number(after), given >= first else { return .whole }
      last = given
    }
    guard first < size else { return .unsatisfiable }
    return .part(first..<(min(last, size - 1) + 1))
  }

  /// The value of Content-Range for this verdict; nil when everything is sent.
  package func contentRange(size: Int64) -> String? {
    switch self {
    case .whole: nil
    case .part(let range): "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    case .unsatisfiable: "bytes */\(size)"
    }
  }

  /// A number of at most 18 digits; nil for anything else, a list of ranges included.
  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard (1...18).contains(digits.count), digits.allSatisfy(Octet.isDigit) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int64($1 - 48) }
  }
}
