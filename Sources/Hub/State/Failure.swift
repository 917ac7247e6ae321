import API
import Core
import Cryptography
import SQLite
import Storage

extension Refusal {
  /// What a failure below means to the caller. A refusal stays what it is.
  init(failure: any Error) {
    switch failure {
    case let refusal as Refusal: self = refusal
    case SQLiteError.full, StoreError.full:
      self.init(
        .storage, "the hub's disk is full",
        hint: "free some space; nothing was changed. Revocations and suspensions go on")
    case SQLiteError.readOnly:
      self.init(.storage, "the hub's data directory cannot be written", hint: "nothing was changed")
    case SQLiteError.corrupt(let text), SQLiteError.constraint(let text):
      self.init(.corrupt, "the hub's database does not hold together: \(text)", hint: "run: demarc doctor")
    case SQLiteError.notADatabase:
      self.init(.corrupt, "the hub's database is something else", hint: "restore it from a backup")
    default: self.init(.internal, "the hub failed: \(failure)")
    }
  }
}

extension StatementFailure {
  /// What is wrong, for a person.
  var reason: String {
    switch self {
    case .json: "it is not JSON"
    case .payloadType(let found, let expected): "it holds \(found) instead of \(expected)"
    case .missing(let field): "its field \(field) is missing"
    case .unknown(let field): "its field \(field) is not known"
    case .invalid(let field, let reason): "its field \(field) is wrong: \(reason)"
    case .notCanonical: "it is not written in the one form that counts"
    case .tooLarge(let what, let limit): "\(what): more than \(limit)"
    }
  }
}
