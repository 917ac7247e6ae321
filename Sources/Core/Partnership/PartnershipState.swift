/// One of the two of a partnership.
package enum PartnershipSide: String, CaseIterable, Hashable, Sendable {
  /// Who invited, or offered the grant that carried the invitation.
  case inviter
  case invitee

  package var other: PartnershipSide { self == .inviter ? .invitee : .inviter }
}

/// What a side may want to do about a partnership.
package enum PartnershipAction: String, CaseIterable, Hashable, Sendable {
  case accept
  case decline
  case pause
  case resume
  case end
}

/// Why a side may not.
package enum PartnershipRule: String, CaseIterable, Hashable, Sendable {
  /// There is none, and no invitation.
  case none = "no-partnership"
  /// An invitation is accepted and declined by whom it was sent to.
  case notTheInvitee = "not-the-invitee"
  /// An invitation is taken back by who sent it.
  case notTheInviter = "not-the-inviter"
  /// It was not accepted yet.
  case pending = "partnership-pending"
  /// It was accepted before.
  case agreed = "partnership-agreed"
  /// The other side paused, and it alone resumes.
  case notThePauser = "not-the-pauser"
  /// The invitation was declined or taken back.
  case declined = "partnership-declined"
  /// It ended.
  case ended = "partnership-ended"
}

/// How two organizations stand to each other, and who may do what about it. Pure: hub and nodes go by it alike.
package enum PartnershipState: String, CaseIterable, Hashable, Sendable {
  /// They never had to do with each other.
  case none
  /// One invited, the other has not answered.
  case invited
  /// Both agreed, and share what grants say.
  case active
  /// The inviter alone paused.
  case pausedByInviter = "paused-by-inviter"
  /// The invitee alone paused.
  case pausedByInvitee = "paused-by-invitee"
  /// Both did, each for itself: sharing goes on when both resumed.
  case pausedByBoth = "paused-by-both"
  /// The invitation was declined, or taken back.
  case declined
  /// One of them, or the hub, ended it.
  case ended

  /// What an action comes to.
  package enum Step: Hashable, Sendable {
    case becomes(PartnershipState)
    /// It was said before: nothing happens, and nobody is refused.
    case unchanged
    case refused(PartnershipRule)
  }

  /// The state of a partnership that was agreed on.
  package init(isInviterPaused: Bool, isInviteePaused: Bool) {
    switch (isInviterPaused, isInviteePaused) {
    case (false, false): self = .active
    case (true, false): self = .pausedByInviter
    case (false, true): self = .pausedByInvitee
    case (true, true): self = .pausedByBoth
    }
  }

  /// Whether both agreed and nobody ended it.
  package var isAgreed: Bool { [.active, .pausedByInviter, .pausedByInvitee, .pausedByBoth].contains(self) }

  /// Whether somebody paused.
  package var isPaused: Bool { isAgreed && self != .active }

  /// Whether an invitation may be sent: there is nothing that stands or waits.
  package var admitsInvitation: Bool { self == .none || self == .declined || self == .ended }

  /// Whether a side paused.
  package func isPaused(by side: PartnershipSide) -> Bool {
    self == .pausedByBoth || self == (side == .inviter ? .pausedByInviter : .pausedByInvitee)
  }

  /// What comes of it when a side does something.
  package func after(_ action: PartnershipAction, by side: PartnershipSide) -> Step {
    switch self {
    case .none: .refused(.none)
    case .invited: whileInvited(action, by: side)
    case .active, .pausedByInviter, .pausedByInvitee, .pausedByBoth: whileAgreed(action, by: side)
    case .declined: action == .decline || action == .end ? .unchanged : .refused(.declined)
    case .ended: action == .end ? .unchanged : .refused(.ended)
    }
  }

  private func whileInvited(_ action: PartnershipAction, by side: PartnershipSide) -> Step {
    switch (action, side) {
    case (.accept, .invitee): .becomes(.active)
    case (.decline, .invitee), (.end, .inviter): .becomes(.declined)
    case (.accept, .inviter), (.decline, .inviter): .refused(.notTheInvitee)
    case (.end, .invitee): .refused(.notTheInviter)
    case (.pause, _), (.resume, _): .refused(.pending)
    }
  }

  private func whileAgreed(_ action: PartnershipAction, by side: PartnershipSide) -> Step {
    switch action {
    case .accept: return side == .invitee ? .unchanged : .refused(.agreed)
    case .decline: return .refused(.agreed)
    case .pause: return isPaused(by: side) ? .unchanged : .becomes(paused(true, by: side))
    case .resume:
      if isPaused(by: side) { return .becomes(paused(false, by: side)) }
      return isPaused(by: side.other) ? .refused(.notThePauser) : .unchanged
    case .end: return .becomes(.ended)
    }
  }

  private func paused(_ paused: Bool, by side: PartnershipSide) -> PartnershipState {
    let other = isPaused(by: side.other)
    return PartnershipState(
      isInviterPaused: side == .inviter ? paused : other, isInviteePaused: side == .invitee ? paused : other)
  }
}

extension PartnershipChange.What {
  /// What is done by saying it.
  package var action: PartnershipAction {
    switch self {
    case .paused: .pause
    case .resumed: .resume
    case .ended: .end
    }
  }
}
