import CSQLite
import Glibc

/// Why a database operation failed, in the kinds that callers act on differently.
package enum SQLiteError: Error, Equatable {
  /// Another connection holds the lock, and the busy timeout ran out.
  case busy
  /// The disk or a quota is full; nothing was written.
  case full
  /// The file is damaged: rebuild the view.
  case corrupt(String)
  /// A uniqueness, foreign key, check or not-null rule of the schema refused the change.
  case constraint(String)
  /// The file or its directory cannot be written.
  case readOnly
  /// The file is something else than a database.
  case notADatabase
  /// `interrupt()` ended the statement.
  case interrupted
  /// A column's value is not of the type that was asked for.
  case type(column: Int, expected: String)
  /// The text holds no statement, or more than one.
  case statement(String)
  /// The schema in the file is of a later version of the program.
  case newerSchema(found: Int, known: Int)
  /// Anything else: an error of the system or of the statement's text.
  case other(code: Int32, message: String)
}

extension SQLiteError {
  /// The error of `code`, an extended result code that `connection` just returned.
  init(code: Int32, connection: OpaquePointer?) {
    let message = connection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? ""
    switch code & 0xff {
    case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
    case SQLITE_FULL: self = .full
    case SQLITE_CORRUPT: self = .corrupt(message)
    case SQLITE_CONSTRAINT: self = .constraint(message)
    case SQLITE_READONLY: self = .readOnly
    case SQLITE_NOTADB: self = .notADatabase
    case SQLITE_INTERRUPT: self = .interrupted
    case SQLITE_IOERR, SQLITE_CANTOPEN:
      // A failed write tells the reason by errno alone.
      switch connection.map({ sqlite3_system_errno($0) }) ?? 0 {
      case ENOSPC, EDQUOT: self = .full
      case EROFS, EACCES, EPERM: self = .readOnly
      default: self = .other(code: code, message: message)
      }
    default: self = .other(code: code, message: message)
    }
  }
}
