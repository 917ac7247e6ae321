package import Core

/// What is said about users in the same words at the hub and at nodes.
extension Refusal {
  /// A text that is no address.
  package init(noEmail text: String) {
    let shown = text.plain(atMost: 80)
    self.init(
      .invalid, "“\(shown)” is not an email address", concern: shown,
      hint: "write it as ada@acme.example: letters, digits and the usual marks, at most \(Limits.emailBytes) bytes")
  }

  /// A text that is no role.
  package init(noRole text: String) {
    let shown = text.plain(atMost: 80)
    self.init(
      .invalid, "“\(shown)” is not a role of a user", concern: shown,
      hint: "the roles are \(UserRole.allCases.map(\.rawValue).joined(separator: ", "))")
  }

  /// Nobody would be left who may add another.
  package init(lastAdmin user: EmailAddress, of organization: OrganizationName) {
    self.init(
      .denied, "\(user) is the last admin of \(organization)", concern: user.text,
      hint: "make somebody else an admin first: demarc user role EMAIL admin", rule: "last-admin")
  }

  /// An organization that is full.
  package init(usersOf organization: OrganizationName) {
    self.init(
      .limit, "\(organization) has \(Limits.users) users, and no room for more", concern: organization.text)
  }

  /// A validity that no invitation has.
  package static var invitationTooLong: Refusal { Refusal(.invalid, "an invitation holds 30 days at most") }

  /// The one answer to an invitation that is expired, used, replaced, taken back, or none.
  package static var invitationRefused: Refusal {
    Refusal(
      .unauthenticated, "this invitation is not good, or no longer",
      hint: "it holds for one person and a limited time; ask for a new one", rule: "invitation")
  }

  /// The one answer to whoever does not prove to be an active user.
  package static var sessionRefused: Refusal {
    Refusal(
      .unauthenticated, "that is no active user with this passphrase or session",
      hint: "`demarc login` opens a session; a new user can once the organization's node has signed",
      rule: "session")
  }
}
