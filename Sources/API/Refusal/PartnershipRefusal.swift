package import Core

extension Refusal {
  /// What a side may not do about the partnership with `partner`, in words for its operator.
  package init(_ rule: PartnershipRule, with partner: OrganizationName) {
    let code: RefusalCode
    let message: String
    var hint = ""
    switch rule {
    case .none:
      code = .notFound
      message = "there is no partnership with \(partner), and no invitation"
      hint = "`demarc partner list` shows those there are; `demarc partner invite \(partner)` invites"
    case .notTheInvitee:
      code = .denied
      message = "the invitation was sent to \(partner), which accepts or declines it"
      hint = "take it back: demarc partner end \(partner)"
    case .notTheInviter:
      code = .denied
      message = "the invitation is \(partner)'s, which alone takes it back"
      hint = "decline it: demarc partner decline \(partner)"
    case .pending:
      code = .stale
      message = "the invitation was not accepted yet"
    case .agreed:
      code = .stale
      message = "the partnership with \(partner) was agreed on before"
      hint = "end it: demarc partner end \(partner)"
    case .notThePauser:
      code = .denied
      message = "\(partner) paused the partnership, and only who paused resumes it"
      hint = "ask \(partner)"
    case .declined:
      code = .stale
      message = "the invitation was declined or taken back"
      hint = "invite anew: demarc partner invite \(partner)"
    case .ended:
      code = .stale
      message = "the partnership with \(partner) has ended"
      hint = "invite anew: demarc partner invite \(partner)"
    }
    self.init(code, message, concern: partner.text, hint: hint, rule: rule.rawValue)
  }

  /// The refusal to share, or to agree on sharing, while a side has paused.
  package static func paused(with partner: OrganizationName) -> Refusal {
    Refusal(
      .denied, "the partnership with \(partner) is paused", concern: partner.text,
      hint: "`demarc partner list` says by whom; who paused resumes: demarc partner resume \(partner)",
      rule: GrantRule.paused.rawValue)
  }
}

extension Refusal {
  /// The refusal of an invitation to `partner` while something stands or waits already.
  package init(invitation standing: PartnershipState, from inviter: OrganizationName, with partner: OrganizationName) {
    let isTheirs = inviter == partner
    let message =
      standing.isAgreed
      ? "\(partner) is a partner already"
      : isTheirs ? "\(partner) has sent an invitation already" : "\(partner) was invited already"
    let hint =
      standing.isAgreed
      ? "" : isTheirs ? "accept it: demarc partner accept \(partner)" : "take it back: demarc partner end \(partner)"
    self.init(.exists, message, concern: partner.text, hint: hint, rule: "partnership-exists")
  }
}
