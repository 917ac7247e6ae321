import Core

extension Properties {
  /// What parses has one canonical text, which parses to the same value.
  package static func jsonText(_ input: [UInt8]) -> String? {
    guard let value = try? JSON(parsing: input) else { return nil }
    let written = value.canonicalBytes
    guard let again = try? JSON(parsing: written) else { return "canonical text does not parse" }
    if again.canonicalBytes != written { return "a second canonical text" }
    if again != value { return "changed by writing" }
    if written.contains(where: { $0 < 0x20 }) { return "a control character in the canonical text" }
    return depth(of: value) > Limits.jsonDepth + 1 ? "deeper than allowed" : nil
  }

  private static func depth(of value: JSON) -> Int {
    switch value {
    case .array(let elements): 1 + (elements.map { depth(of: $0) }.max() ?? 0)
    case .object(let members): 1 + (members.map { depth(of: $0.value) }.max() ?? 0)
    default: 1
    }
  }
}
