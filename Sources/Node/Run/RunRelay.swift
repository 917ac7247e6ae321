import API
import EventLoop
import Sandbox
import SwiftProtobuf

/// Carries a run's progress and log lines to whoever asked for it, a few times a second.
///
/// The sandbox reports after each piece and must not wait for a slow reader; so the newest figures replace older ones, and
/// log lines beyond a bound are dropped and counted.
final class RunRelay {
  private let total: UInt64
  private let emit: (V1RunEvent) async throws(Refusal) -> Void
  private var latest: RunProgress?
  private var logs: [LogLine] = []
  private var dropped = 0

  /// `total` is the input's bytes.
  init(total: UInt64, emit: @escaping (V1RunEvent) async throws(Refusal) -> Void) {
    self.total = total
    self.emit = emit
  }

  /// Takes what the sandbox reports.
  func offer(_ progress: RunProgress) {
    latest = progress
    let room = max(0, NodeLimits.relayedLogs - logs.count)
    logs += progress.logs.prefix(room)
    dropped += max(0, progress.logs.count - room)
  }

  /// Carries until cancelled. Throws when nobody takes it any more.
  func carry() async throws(Refusal) {
    while (try? await EventLoop.sleep(for: NodeLimits.relayInterval)) != nil { try await flush() }
  }

  /// Carries what is there.
  func flush() async throws(Refusal) {
    let lines = logs
    logs = []
    for line in lines { try await emit(.log("\(line.level)", line.text, row: line.row)) }
    if dropped > 0 {
      let count = dropped
      dropped = 0
      try await emit(.log("warn", "\(count) log lines were not shown", row: 0))
    }
    guard let now = latest else { return }
    latest = nil
    try await emit(.with { $0.progress = V1RunProgress(now, of: total) })
  }
}

extension V1RunProgress {
  /// A sandbox's progress in an input of `total` bytes.
  init(_ progress: RunProgress, of total: UInt64) {
    self.init()
    inputBytes = UInt64(clamping: progress.bytesIn)
    inputTotal = total
    rows = UInt64(clamping: progress.rowsIn)
    outputBytes = UInt64(clamping: progress.bytesOut)
  }
}

extension V1RunEvent {
  fileprivate static func log(_ level: String, _ text: String, row: Int) -> V1RunEvent {
    .with { event in
      event.log = .with {
        $0.level = level
        $0.message = text
        $0.row = UInt64(clamping: row)
      }
    }
  }
}
