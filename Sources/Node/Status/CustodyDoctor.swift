import API
import Core
import SQLite
import Storage

extension NodeService {
  /// What the doctor says about stored content: the catalog, the segments, and what was found damaged.
  func custodyFindings() async throws(Refusal) -> [V1Finding] {
    let problems = try await ledger.read { try $0.integrityProblems() }
    var findings = [
      problems.first.map {
        V1Finding.problem(
          "catalog", $0,
          "stop the node, remove catalog.sqlite from \(settings.directory): it is made again from the segments"
        )
      } ?? .fine("catalog", "the database is sound")
    ]
    let held: StoreStanding
    let state: ScrubState
    do throws(StoreError) {
      held = try await store.standing()
      state = try await store.scrubState()
    } catch { throw Refusal(of: error) }
    let checked =
      state.completed.map { "all read again by \(Timestamp(microseconds: $0).toTheSecond)" } ?? "not yet all read again"
    findings.append(.fine("segments", "\(held.bytes >> 20) MiB in \(held.segments) of them, \(checked)"))
    findings += held.quarantined == 0 ? [.fine("quarantine", "empty")] : try await quarantineFindings(held)
    return findings
  }

  private func quarantineFindings(_ held: StoreStanding) async throws(Refusal) -> [V1Finding] {
    let broken = try await brokenVersions()
    guard !broken.isEmpty else {
      return [
        .warning(
          "quarantine", "\(held.quarantined) damaged pieces are out of use, of no version that was looked at",
          "nothing, if no version misses them; the disk should be looked at")
      ]
    }
    return broken.prefix(NodeLimits.shownFindings).map { version in
      let message = "\(version.name) is incomplete: pieces of it were damaged on the disk and are never served"
      guard let partner = version.partner else {
        return .problem(
          "quarantine", message,
          "commit the same files again (`demarc commit DATASET PATH…`), which stores the missing pieces; "
            + "fetching them back from partners that pulled them is not possible in this release")
      }
      return .problem(
        "quarantine", message,
        "`demarc pull \(partner.organization)/\(partner.channel)` fetches what is missing; the node tries it by itself as well"
      )
    }
  }
}
