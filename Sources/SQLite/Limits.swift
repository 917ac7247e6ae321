/// Bounds of this target.
enum Limits {
  /// SQLite's layer over the system that takes a file for the process, once, instead of for each statement.
  static let systemInterface = "unix-excl"
  /// The longest text of one statement, in bytes.
  static let statementBytes = 64 * 1024
  /// Prepared statements kept by one connection. Texts are constants of the program, so reaching this means that
  /// somebody builds them.
  static let cachedStatements = 512
  /// How long a statement waits for another connection's lock, in milliseconds.
  static let busyTimeoutMilliseconds: Int32 = 5_000
}
