package import Core
import EventLoop
import Glibc
import Storage

/// The time that leases, grants and certificates are judged by: `HubClock` over the clocks of this machine, kept on disk.
package final class NodeClock {
  private let path: String
  private let boot: String
  private var clock: HubClock
  /// Writes are one after the other, so that an older reading never replaces a newer one.
  private var isWriting = false
  private var isStale = false

  /// The clock of a data directory. An unreadable file counts as none: the wall clock is all there is then.
  static func open(directory: String) async throws(StoreError) -> NodeClock {
    let path = directory + "/clock"
    let kept = try await EventLoop.offload { () throws(StoreError) in
      (try SecretFile.read(path), readText("/proc/sys/kernel/random/boot_id"))
    }
    let clock = kept.0.flatMap { try? JSON(parsing: $0) }.flatMap { try? HubClock(json: $0) }
    return NodeClock(path: path, boot: kept.1, clock: clock ?? HubClock())
  }

  private init(path: String, boot: String, clock: HubClock) {
    self.path = path
    self.boot = boot
    self.clock = clock
  }

  /// The time. Never goes back.
  package var now: Timestamp { clock.now(reading) }

  /// Whether the hub's time was ever heard.
  package var hasHeard: Bool { clock.hasHeard }

  /// Takes a time that the hub signed, and keeps it.
  package func heard(_ time: Timestamp) async {
    clock.heard(time, reading)
    await keep()
  }

  /// Puts the reading on disk. A disk that cannot be written costs the floor after the next reboot, nothing now.
  func keep() async {
    isStale = true
    guard !isWriting else { return }
    isWriting = true
    while isStale {
      isStale = false
      let bytes = clock.json.canonicalBytes
      let path = path
      _ = await EventLoop.offload { () -> Bool in (try? SecretFile.write(bytes, to: path)) != nil }
    }
    isWriting = false
  }

  private var reading: HubClock.Reading {
    let (seconds, attoseconds) = EventLoop.bootTime().components
    return HubClock.Reading(
      boot: boot, sinceBoot: seconds * 1_000_000 + attoseconds / 1_000_000_000_000,
      wall: Timestamp(microseconds: EventLoop.wallTime()))
  }

  nonisolated private static func readText(_ path: String) -> String {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)).prefix { $0 > 0x20 }, as: UTF8.self)
  }
}
