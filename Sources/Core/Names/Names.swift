/// A name that people choose and type: parsed once, never checked again.
package protocol Name: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The name's text.
  var text: String { get }
  /// The name of `text`, or nil where the grammar refuses it.
  init?(_ text: String)
}

extension Name {
  package var description: String { text }
  package static func < (a: Self, b: Self) -> Bool { a.text < b.text }
}

/// The grammar of organizations, nodes, datasets and channels: `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`, and no CID.
/// It is the grammar of a DNS label, so that a name can stand in a host name and a URL path as it is.
private func isLabel(_ text: String) -> Bool {
  let bytes = text.utf8
  guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-") else {
    return false
  }
  let allowed = bytes.allSatisfy { $0.isLowercase || $0.isDigit || $0.isOne(of: "-") }
  return allowed && CID(text) == nil
}

/// The name of a member of the grid.
package struct OrganizationName: Name {
  package let text: String
  package init?(_ text: String) {
    guard isLabel(text) else { return nil }
    self.text = text
  }
}

/// The name of an organization's daemon.
package struct NodeName: Name {
  package let text: String
  package init?(_ text: String) {
    guard isLabel(text) else { return nil }
    self.text = text
  }
}

/// The name of a series of versions at one node.
package struct DatasetName: Name {
  package let text: String
  package init?(_ text: String) {
    guard isLabel(text) else { return nil }
    self.text = text
  }
}

/// The name of a published way into a dataset.
package struct ChannelName: Name {
  package let text: String
  package init?(_ text: String) {
    guard isLabel(text) else { return nil }
    self.text = text
  }
}

/// A movable or fixed name of a version: `[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}`, neither a number nor a CID.
package struct TagName: Name {
  package let text: String
  package init?(_ text: String) {
    let bytes = text.utf8
    guard (1...64).contains(bytes.count), let first = bytes.first, Self.isWord(first),
      bytes.allSatisfy({ Self.isWord($0) || $0.isOne(of: ".+-") }),
      !bytes.allSatisfy(\.isDigit), CID(text) == nil
    else { return nil }
    self.text = text
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte.isLowercase || byte.isUppercase || byte.isDigit || byte.isOne(of: "_")
  }
}

/// The name of a hub's realm, as SPIFFE has it: letters, digits, dots, hyphens and underscores, at most 255.
package struct TrustDomain: Name {
  package let text: String
  package init?(_ text: String) {
    let bytes = text.utf8
    guard (1...255).contains(bytes.count),
      bytes.allSatisfy({ $0.isLowercase || $0.isDigit || $0.isOne(of: "-._") })
    else { return nil }
    self.text = text
  }
}
