package import API
import Core
import SQLite
import Storage

nonisolated extension Refusal {
  /// A failure of what lies below, in words for the operator.
  package init(of error: any Error) {
    switch error {
    case let refusal as Refusal: self = refusal
    case is Unchanged: self.init(.internal, "nothing changed", rule: NodeService.unchangedRule)
    case let error as StoreError: self.init(store: error)
    case let error as ContentFailure: self.init(.invalid, error.reason)
    case let error as SQLiteError: self.init(store: StoreError(error))
    case is CancellationError: self.init(.cancelled, "it was cancelled")
    default: self.init(.internal, "\(error)")
    }
  }

  private init(store error: StoreError) {
    switch error {
    case .full:
      self.init(
        .storage, "the disk is full",
        hint: "make room for the data directory; nothing was changed. Reading goes on, and so do revocations")
    case .readOnly:
      self.init(.storage, "the data directory cannot be written", hint: "check its mount and its owner")
    case .locked(let what):
      self.init(
        .exists, "the data directory \(what)", hint: "stop it, or name another directory with --data")
    case .exposed(let path):
      self.init(
        .storage, "\(path) can be read by others than its owner", concern: path, hint: "chmod 600 \(path)")
    case .corrupt(let what):
      self.init(.corrupt, "stored bytes are damaged: \(what)", hint: "`demarc doctor` says what can be done")
    case .missing(let cid):
      self.init(.notFound, "\(cid) is not in this node's store", concern: cid.description)
    case .invalid(let failure):
      self.init(.invalid, failure.reason)
    case .refused(let reason):
      self.init(of: reason)
    case .closed:
      self.init(.storage, "the store is closed", hint: "restart the daemon; its journal says why")
    case .newerFormat(let what):
      self.init(.storage, "the data directory is of a later version of Demarc: \(what)", hint: "install that version")
    case .system(let reason):
      self.init(.storage, reason, hint: "`demarc doctor` looks at the disk")
    }
  }
}
