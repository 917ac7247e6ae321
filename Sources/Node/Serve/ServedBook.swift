import API
import Core

/// Writes what left for partners into the log, without holding the transfers up: while one write is under way, what ends
/// meanwhile gathers, and entries about the same version under the same grant become one.
///
/// A crash can lose what ended within the last commit, a few milliseconds.
final class ServedBook {
  private struct Key: Hashable {
    let actor: String
    let grant: String
    let content: CID?
    let isComplete: Bool
  }

  private let ledger: Ledger
  private let complain: (String) -> Void
  private var waiting: [(key: Key, entry: ServedEntry, count: Int)] = []
  private var index: [Key: Int] = [:]
  private var writing: Task<Void, Never>?

  init(ledger: Ledger, complain: @escaping (String) -> Void) {
    self.ledger = ledger
    self.complain = complain
  }

  /// Notes a transfer that ended.
  func note(_ entry: ServedEntry, actor: String) {
    let key = Key(actor: actor, grant: entry.grant, content: entry.content, isComplete: entry.complete)
    if let at = index[key] {
      let count = waiting[at].count + 1
      let (sum, overflow) = waiting[at].entry.bytes.addingReportingOverflow(entry.bytes)
      waiting[at] = (key, entry.with(what: "\(count) parts", bytes: overflow ? .max : sum), count)
    } else {
      index[key] = waiting.count
      waiting.append((key, entry, 1))
    }
    if writing == nil { writing = Task { await self.write() } }
  }

  /// Waits until everything noted is in the log.
  func settle() async { await writing?.value }

  private func write() async {
    while !waiting.isEmpty {
      let batch = waiting
      waiting = []
      index = [:]
      for (key, entry, _) in batch {
        do throws(Refusal) { try await ledger.append(entry, by: key.actor) } catch {
          complain("\(entry.bytes) bytes to \(key.actor) are not in the audit log: \(error.message)")
        }
      }
    }
    writing = nil
  }
}

nonisolated extension ServedEntry {
  /// The same about more.
  func with(what: String, bytes: Int64) -> ServedEntry {
    ServedEntry(
      organization: organization, channel: channel, grant: grant, content: content, what: what, bytes: bytes,
      complete: complete)
  }
}
