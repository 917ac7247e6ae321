import API
import Core
import EventLoop
import Logging
import SQLite
import Storage

extension NodeService {
  /// Reads everything that is stored, once a day, and fetches again from partners what turns out to be damaged.
  func keepWhole() async {
    while (try? await EventLoop.sleep(for: NodeLimits.scrubInterval)) != nil {
      do throws(StoreError) {
        let damages = try await store.scrub()
        guard !damages.isEmpty else { continue }
        log.error("\(damages.count) stored pieces are damaged")
        try await heal()
      } catch {
        log.error("what is stored could not be checked: \(Refusal(of: error).message)")
      }
    }
  }

  /// Pulls again what was pulled: missing pieces are all that is fetched.
  private func heal() async throws(StoreError) {
    let pulled: [(String, String)]
    do {
      pulled = try await store.read { database in
        try database.rows("SELECT origin, channel FROM dataset WHERE origin IS NOT NULL ORDER BY name") {
          (try $0.text(0), try $0.text(1))
        }
      }
    } catch { throw StoreError(error) }
    for (organization, channel) in pulled {
      var request = V1PullRequest()
      request.organization = organization
      request.channel = channel
      do throws(Refusal) { try await pull(request, by: "node") { _ in } } catch {
        log.warning("\(organization)/\(channel) was not fetched again: \(error.message)")
      }
    }
  }

  /// What the doctor says about damage.
  func damageFinding() async throws(Refusal) -> V1Finding {
    let count = try await ledger.read { try StoreFacts.damagedPieces(in: $0) }
    return count == 0
      ? .fine("store", "nothing damaged is known of")
      : .problem(
        "store", "\(count) stored pieces are damaged and out of use",
        "pull again what came from partners, commit again what is your own, and look at the disk")
  }
}
