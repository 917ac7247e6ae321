extension Refusal {
  /// The message as it travels.
  package var wire: V1Refusal {
    var wire = V1Refusal()
    wire.code = code.rawValue
    wire.message = message
    wire.concern = concern
    wire.hint = hint
    wire.incident = incident
    wire.rule = rule
    if let line { wire.line = line }
    if let row { wire.row = row }
    wire.column = column
    return wire
  }

  /// A refusal that a peer or a daemon sent. A code that this build does not know counts as `internal`.
  package init(_ wire: V1Refusal) {
    self.init(
      RefusalCode(rawValue: wire.code) ?? .internal, wire.message, concern: wire.concern, hint: wire.hint,
      rule: wire.rule, line: wire.hasLine ? wire.line : nil, row: wire.hasRow ? wire.row : nil, column: wire.column)
    incident = wire.incident
  }
}
