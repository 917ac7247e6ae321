/// The one error at the edge: a clear no, with what, why and what next.
///
/// Leaves throw their own small enums; a service turns them into a `Refusal` where it knows what the caller wanted.
/// Every surface renders the same value: an exit status and two lines on the command line, a status and a Connect
/// error over HTTP.
package struct Refusal: Error, Sendable, Equatable {
  /// What kind of no.
  package var code: RefusalCode
  /// What happened, in a sentence for a person, without a trailing full stop.
  package var message: String
  /// The name, CID, path or column that it is about.
  package var concern: String
  /// The next step that would help.
  package var hint: String
  /// The key under which the daemon logged it; set by the dispatcher.
  package var incident: String
  /// The rule of the grant decision that refused, where one did.
  package var rule: String
  /// Line of a script or of a table, counted from 1.
  package var line: UInt32?
  /// Row of a table's data, counted from 1.
  package var row: UInt64?
  /// Column of a table.
  package var column: String

  /// A refusal; only code and message are always there.
  package init(
    _ code: RefusalCode, _ message: String, concern: String = "", hint: String = "", rule: String = "",
    line: UInt32? = nil, row: UInt64? = nil, column: String = ""
  ) {
    self.code = code
    self.message = message
    self.concern = concern
    self.hint = hint
    self.incident = ""
    self.rule = rule
    self.line = line
    self.row = row
    self.column = column
  }
}
