package import SwiftProtobuf

/// Which of the two daemons answers an operation.
package enum Daemon: String, Sendable {
  case hub, node, both
}

/// How the messages of an operation flow.
package enum Flow: Sendable {
  /// One request, one answer.
  case unary
  /// Many requests, one answer.
  case upload
  /// One request, many answers.
  case stream
}

/// What the answer to an operation rests on.
package enum Basis: Sendable {
  /// The moment: a clock, a disk, a partner, who asks.
  case moment
  /// What the daemon has written, and nothing else: no clock, no state of disks or connections, not who asks. The same
  /// question has the same answer until something is written, and the dispatcher may remember it until then.
  case log
}

/// One request that a daemon answers, declared once: its name, who may ask, whether the audit log keeps its refusals.
///
/// The name is the path of the Connect protocol, `demarc.v1.Service/Method`. Command line, JSON over HTTP and later
/// gRPC are generated from nothing else.
package struct Operation<Request: Message & Sendable, Response: Message & Sendable>: Sendable {
  /// `demarc.v1.Grants/Offer`.
  package let name: String
  /// Where it is answered.
  package let daemon: Daemon
  /// Who may ask.
  package let role: Role
  /// Whether a refusal of it is written to the audit log. What succeeds and changes something always is.
  package let audited: Bool
  /// How requests and answers flow.
  package let flow: Flow
  /// What its answer rests on.
  package let basis: Basis

  /// Declares an operation.
  package init(
    _ name: String, at daemon: Daemon, by role: Role, audited: Bool, flow: Flow = .unary, from basis: Basis = .moment
  ) {
    self.name = "demarc.v1." + name
    self.daemon = daemon
    self.role = role
    self.audited = audited
    self.flow = flow
    self.basis = basis
  }
}
