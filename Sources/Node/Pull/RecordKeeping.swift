import Core

extension NodeService {
  /// The entries that keep a record which came along.
  func entries(keeping envelope: Envelope) -> [any Entry] { [] }
}
