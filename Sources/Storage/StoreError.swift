package import Core
import Glibc
import SQLite

/// Why the store did not do what it was asked. Whatever is thrown, nothing acknowledged is lost, and nothing of the
/// failed request can be seen.
nonisolated package enum StoreError: Error {
  /// The disk or a quota is full. The next write works once there is space.
  case full
  /// The data directory cannot be written.
  case readOnly
  /// Another process has this data directory open.
  case locked(String)
  /// Others than the owner may read this file, which must be secret.
  case exposed(String)
  /// Stored bytes are damaged; the text says which.
  case corrupt(String)
  /// A piece of content is not here (or was quarantined).
  case missing(CID)
  /// What was given is not valid content.
  case invalid(ContentFailure)
  /// A change's own check, or a projection, said no: the error that it threw.
  case refused(any Error)
  /// The store was closed, or a failed write could not be taken back: open it again.
  case closed
  /// The data directory was written by a later version of the program.
  case newerFormat(String)
  /// Any other failure of the operating system or of SQLite.
  case system(String)
}

nonisolated extension StoreError {
  /// What a system call left in `errno` while it did `what`.
  init(errno code: Int32, _ what: String) {
    switch code {
    case ENOSPC, EDQUOT: self = .full
    case EROFS, EACCES, EPERM: self = .readOnly
    default: self = .system("\(what): \(String(cString: strerror(code)))")
    }
  }

  /// The kind of a failure that came through SQLite or the content rules.
  package init(_ error: any Error) {
    switch error {
    case let error as StoreError: self = error
    case let error as ContentFailure: self = .invalid(error)
    case SQLiteError.full: self = .full
    case SQLiteError.readOnly: self = .readOnly
    case SQLiteError.corrupt(let text): self = .corrupt("the catalog: \(text)")
    case SQLiteError.notADatabase: self = .corrupt("the catalog is not a database")
    case let error as SQLiteError: self = .system("the catalog: \(error)")
    default: self = .refused(error)
    }
  }
}
