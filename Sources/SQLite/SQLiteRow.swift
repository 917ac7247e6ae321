import CSQLite

/// The columns of the row that a statement is at, by index from 0; good until the statement moves on.
///
/// Reading is strict: a column of another type is an error, not SQLite's conversion, since a conversion hides a
/// damaged or foreign file.
package struct SQLiteRow {
  let pointer: OpaquePointer

  /// Whether the column holds NULL.
  package func isNull(_ column: Int) -> Bool { type(column) == SQLITE_NULL }

  /// The integer in the column.
  package func int64(_ column: Int) throws(SQLiteError) -> Int64 {
    guard type(column) == SQLITE_INTEGER else { throw .type(column: column, expected: "integer") }
    return sqlite3_column_int64(pointer, Int32(column))
  }

  /// The integer in the column.
  package func int(_ column: Int) throws(SQLiteError) -> Int { Int(try int64(column)) }

  /// The integer in the column as a truth value: 0 and 1 alone.
  package func bool(_ column: Int) throws(SQLiteError) -> Bool {
    switch try int64(column) {
    case 0: false
    case 1: true
    default: throw .type(column: column, expected: "0 or 1")
    }
  }

  /// The number in the column.
  package func double(_ column: Int) throws(SQLiteError) -> Double {
    guard type(column) == SQLITE_FLOAT || type(column) == SQLITE_INTEGER else {
      throw .type(column: column, expected: "number")
    }
    return sqlite3_column_double(pointer, Int32(column))
  }

  /// The text in the column; bytes that are not UTF-8 are an error.
  package func text(_ column: Int) throws(SQLiteError) -> String {
    guard type(column) == SQLITE_TEXT, let start = sqlite3_column_text(pointer, Int32(column)) else {
      throw .type(column: column, expected: "text")
    }
    let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, Int32(column))))
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .type(column: column, expected: "UTF-8 text")
    }
    return text
  }

  /// The bytes in the column.
  package func blob(_ column: Int) throws(SQLiteError) -> [UInt8] {
    guard type(column) == SQLITE_BLOB else { throw .type(column: column, expected: "blob") }
    guard let start = sqlite3_column_blob(pointer, Int32(column)) else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, Int32(column)))))
  }

  /// The integer in the column, nil for NULL.
  package func optionalInt64(_ column: Int) throws(SQLiteError) -> Int64? { isNull(column) ? nil : try int64(column) }

  /// The bytes in the column, nil for NULL.
  package func optionalBlob(_ column: Int) throws(SQLiteError) -> [UInt8]? { isNull(column) ? nil : try blob(column) }

  private func type(_ column: Int) -> Int32 { sqlite3_column_type(pointer, Int32(column)) }
}
