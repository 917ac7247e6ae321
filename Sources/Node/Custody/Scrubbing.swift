import API
import Core
import EventLoop
import Logging
import SQLite
import Storage

extension NodeService {
  /// Reads everything that is stored again and again, slowly, so that damage is found while partners still hold what was
  /// pulled from them. A restart goes on where this one stops.
  func scrubStore() async {
    while !Task.isCancelled {
      do throws(StoreError) {
        var state = try await store.scrubState()
        if state.next == 0, let ended = state.completed {
          let since = Duration.microseconds(EventLoop.wallTime() - ended)
          // The wall clock can jump: no rest is longer than what was asked for.
          let rest = min(settings.scrubRest, max(.zero, settings.scrubRest - since))
          if rest > .zero { guard (try? await EventLoop.sleep(for: rest)) != nil else { return } }
        }
        try await scrubRound(from: state.next, state.completed)
        if Task.isCancelled { return }
        state = ScrubState(completed: EventLoop.wallTime())
        try await store.set(state)
        await fetchWhatIsMissing()
        // A rest of nothing must not keep the loop busy.
        guard (try? await EventLoop.sleep(for: .milliseconds(100))) != nil else { return }
      } catch {
        if Task.isCancelled { return }
        log.error("stored content could not be checked: \(Refusal(of: error).message)")
        guard (try? await EventLoop.sleep(for: NodeLimits.longestRefresh)) != nil else { return }
      }
    }
  }

  private func scrubRound(from first: UInt64, _ completed: Int64?) async throws(StoreError) {
    let throttle = Throttle(bytesPerSecond: settings.scrubRate)
    let damage = try await store.scrub(from: first, throttle: throttle) { segment, damage in
      for found in damage { self.log.error("damage in segment \(found.segment) at \(found.offset): \(found.kind)") }
      // What is not remembered is read again after a restart, and nothing else.
      try? await self.store.set(ScrubState(next: segment + 1, completed: completed))
    }
    if !damage.isEmpty { log.warning("\(damage.count) pieces are out of use; `demarc doctor` says what helps") }
  }

  /// Fetches what was quarantined from the partners that it was pulled from, as far as their grants still reach.
  func fetchWhatIsMissing() async {
    guard let lost = try? await store.standing().quarantined, lost > 0, identity != nil else { return }
    do throws(Refusal) {
      for version in try await brokenVersions() {
        guard let partner = version.partner, !Task.isCancelled else { continue }
        do throws(Refusal) {
          let fetched = try await restore(
            version.content, from: partner.organization, partner.channel, because: "quarantined", by: "node")
          log.notice("\(version.name) is whole again, with \(fetched) bytes fetched")
        } catch {
          log.warning("\(version.name) stays incomplete: \(error.message)")
        }
      }
    } catch {
      log.error("what is damaged could not be listed: \(error.message)")
    }
  }

  /// A version of which something is missing.
  struct BrokenVersion {
    /// `dataset@N`.
    let name: String
    let content: CID
    /// Where it was pulled from; nil for this node's own.
    let partner: (organization: OrganizationName, channel: ChannelName)?
  }

  /// Versions that are not whole, the newest of each dataset first, as far as one look goes.
  func brokenVersions() async throws(Refusal) -> [BrokenVersion] {
    let rows = try await ledger.read { database in
      try database.rows(
        """
        SELECT v.dataset, v.number, v.content, coalesce(d.origin, ''), coalesce(d.channel, '')
        FROM version v JOIN dataset d ON d.name = v.dataset ORDER BY d.head - v.number, v.dataset LIMIT ?
        """, NodeLimits.inspectedVersions
      ) { row in
        (
          name: "\(try row.text(0))@\(try row.int64(1))", content: try row.text(2), origin: try row.text(3),
          channel: try row.text(4)
        )
      }
    }
    var broken: [BrokenVersion] = []
    for row in rows {
      guard let content = CID(row.content), !(try await isWhole(content)) else { continue }
      var partner: (OrganizationName, ChannelName)?
      if let organization = OrganizationName(row.origin), let channel = ChannelName(row.channel) {
        partner = (organization, channel)
      }
      broken.append(BrokenVersion(name: row.name, content: content, partner: partner))
    }
    return broken
  }

  /// Whether all of a version is here.
  func isWhole(_ content: CID) async throws(Refusal) -> Bool {
    do throws(StoreError) { return try await store.isWhole(version: content) } catch { throw Refusal(of: error) }
  }

  /// Whether nothing of a version was quarantined. Costs nothing as long as nothing is damaged at all.
  func isUndamaged(_ content: CID) async throws(Refusal) -> Bool {
    do throws(StoreError) {
      guard try await store.standing().quarantined > 0 else { return true }
    } catch { throw Refusal(of: error) }
    return try await isWhole(content)
  }
}
