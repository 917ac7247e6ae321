package import API
package import Core
import Cryptography
package import SQLite
package import Storage

/// The node's state: read from the catalog, changed by entries and by nothing else.
package final class Ledger {
  /// The store under it.
  package let store: Store
  private let clock: NodeClock

  /// Over an open store.
  init(store: Store, clock: NodeClock) {
    self.store = store
    self.clock = clock
  }

  /// What `query` makes of the state as it is now. One offload: put all reads of a request into one query.
  package func read<T: Sendable>(
    _ query: @escaping @Sendable (Database) throws -> T
  ) async throws(Refusal) -> T {
    do { return try await store.read(query) } catch { throw Refusal(of: error) }
  }

  /// Writes entries and the blobs that they name; all of it is durable and in force when this returns, or none is.
  ///
  /// `expecting` looks at the state inside the transaction, before the first entry, and throws a `Refusal` to refuse:
  /// what the caller saw before may have changed meanwhile. `time` is the entries' time if they must agree with
  /// something that was signed.
  @discardableResult
  package func append(
    _ entries: [any Entry], blobs: [[UInt8]] = [], facts: [WholeFile] = [], by actor: String, at time: Timestamp? = nil,
    expecting: (@Sendable (Database) throws -> Void)? = nil
  ) async throws(Refusal) -> Receipt {
    var changes = Changes(blobs: blobs, facts: facts)
    changes.usesReserve = entries.allSatisfy(\.usesReserve)
    let time = time ?? clock.now
    for (index, entry) in entries.enumerated() {
      changes.entries.append(
        Changes.Entry(
          EntryCoding.encode(entry, time: time, actor: actor, salt: Random.bytes(EntryCoding.saltBytes)),
          expect: index == 0 ? expecting : nil))
    }
    do { return try await store.write(changes) } catch { throw Refusal(of: error) }
  }

  /// One entry.
  @discardableResult
  package func append(
    _ entry: any Entry, by actor: String, expecting: (@Sendable (Database) throws -> Void)? = nil
  ) async throws(Refusal) -> Receipt {
    try await append([entry], by: actor, expecting: expecting)
  }
}
