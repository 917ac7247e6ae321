/// A value as SQLite stores it, and as it is bound to a statement's parameters.
package enum SQLiteValue: Hashable, Sendable {
  /// No value.
  case null
  /// A signed 64-bit integer.
  case integer(Int64)
  /// A double.
  case real(Double)
  /// A text, UTF-8.
  case text(String)
  /// Bytes.
  case blob([UInt8])
}

/// What can be bound to a parameter. Optionals bind NULL for nil.
package protocol SQLiteBindable {
  /// The value to bind.
  var sqliteValue: SQLiteValue { get }
}

extension SQLiteValue: SQLiteBindable {
  package var sqliteValue: SQLiteValue { self }
}
extension Int64: SQLiteBindable {
  package var sqliteValue: SQLiteValue { .integer(self) }
}
extension Int: SQLiteBindable {
  package var sqliteValue: SQLiteValue { .integer(Int64(self)) }
}
extension Bool: SQLiteBindable {
  package var sqliteValue: SQLiteValue { .integer(self ? 1 : 0) }
}
extension Double: SQLiteBindable {
  package var sqliteValue: SQLiteValue { .real(self) }
}
extension String: SQLiteBindable {
  package var sqliteValue: SQLiteValue { .text(self) }
}
extension [UInt8]: SQLiteBindable {
  package var sqliteValue: SQLiteValue { .blob(self) }
}
extension Optional: SQLiteBindable where Wrapped: SQLiteBindable {
  package var sqliteValue: SQLiteValue { self?.sqliteValue ?? .null }
}
