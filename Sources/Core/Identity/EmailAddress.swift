/// The address by which a person is known in an organization: `LOCAL@DOMAIN`, as HTML's `<input type=email>` takes it.
///
/// Only letters, digits and the marks that mail uses in practice, so that one look tells two addresses apart: no quotes,
/// no spaces, no other scripts (a domain of another script is written in its `xn--` form). The domain is lower case
/// whatever was typed; the part before the @ stays as it is, since its reading is the mail server's. At most 254 bytes
/// (RFC 5321, 4.5.3.1.3), 64 of them before the @.
package struct EmailAddress: Name {
  package let text: String

  package init?(_ text: String) {
    guard text.utf8.count <= Limits.emailBytes else { return nil }
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, Self.isLocal(parts[0]), Self.isDomain(parts[1]) else { return nil }
    self.text = "\(parts[0])@\(parts[1].lowercased())"
  }

  private static func isLocal(_ text: Substring) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { $0.isLowercase || $0.isUppercase || $0.isDigit || $0.isOne(of: ".!#$%&'*+/=?^_`{|}~-") }
  }

  private static func isDomain(_ text: Substring) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.utf8.count) && label.utf8.first != UInt8(ascii: "-")
        && label.utf8.last != UInt8(ascii: "-")
        && label.utf8.allSatisfy { $0.isLowercase || $0.isUppercase || $0.isDigit || $0.isOne(of: "-") }
    }
  }
}

/// What somebody may do in the name of an organization. An operator of the hub is none of these.
package enum UserRole: String, Sendable, CaseIterable, CustomStringConvertible {
  /// Adds and removes users, and everything that a custodian may.
  case admin
  /// Has custody of data: commits, opens channels, offers and accepts grants.
  case custodian
  /// Uses what the organization may use: lists, pulls, runs.
  case member

  package var description: String { rawValue }
}
