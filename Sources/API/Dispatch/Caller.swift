/// Who asks, as the surface could prove it.
package enum Caller: Sendable, Equatable {
  /// Someone on this machine who may open the socket: root, the daemon's own user, a member of the socket's group.
  case local(uid: UInt32)
  /// A user of this machine who reached the socket and is none of these.
  case stranger(uid: UInt32)
  /// A node with a certificate of the grid's hub. `tlsKey` is the SHA-256 of the key it proved to hold, in hex.
  case node(organization: String, node: String, tlsKey: String, expired: Bool)
  /// Someone who proved nothing.
  case anonymous

  /// The name that logs use.
  package var actor: String {
    switch self {
    case .local(let uid), .stranger(let uid): "uid:\(uid)"
    case .node(let organization, let node, _, _): "\(organization)/\(node)"
    case .anonymous: "anonymous"
    }
  }
}

extension Caller {
  /// Whether the caller proved to be somebody of the grid or of this daemon: who did not is given little room.
  package var isKnown: Bool {
    switch self {
    case .local, .node: true
    case .stranger, .anonymous: false
    }
  }
}

/// Who may ask an operation. Checked by the dispatcher before anything of the request is looked at.
package enum Role: String, Sendable, CaseIterable {
  /// The operator of this daemon, over its socket.
  case `operator`
  /// A node with a certificate in force.
  case node
  /// A node whose certificate may have expired: it may do one thing, renew.
  case expiredNode
  /// Anyone: the request itself carries what speaks for the caller.
  case anyone

  /// Whether this caller may ask, and if not, why.
  package func refusal(of caller: Caller) -> Refusal? {
    switch (self, caller) {
    case (.anyone, _), (.operator, .local), (.node, .node(_, _, _, false)), (.expiredNode, .node): nil
    case (.node, .node):
      Refusal(
        .expired, "the node's certificate has expired", hint: "it may only renew; a running node does so by itself",
        rule: "certificate-expired")
    case (_, .stranger(let uid)):
      Refusal(
        .denied, "user \(uid) is not an operator of this daemon", concern: "uid:\(uid)",
        hint: "operators are root, the daemon's own user, and members of its socket's group (demarc)",
        rule: "not-an-operator")
    case (_, .anonymous):
      Refusal(
        .unauthenticated, "this needs a client certificate of the grid or the daemon's own socket",
        rule: "no-certificate")
    case (.operator, .node):
      Refusal(.denied, "only the operator of this daemon may ask this, over its socket", rule: "operator-only")
    case (.node, .local), (.expiredNode, .local):
      Refusal(.denied, "only nodes of the grid may ask this", rule: "node-only")
    }
  }
}
