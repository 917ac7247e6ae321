import EventLoop

/// How far a long piece of work has come: bytes, rate, time left.
///
/// A line that redraws itself on a terminal; a plain line every few seconds where it is none and the work is long;
/// nothing with `--quiet`.
@MainActor final class Progress {
  private let console: Console
  private let isQuiet: Bool
  private let what: String
  private let started = EventLoop.bootTime()
  private var drawn = Duration.zero
  private var baseline: Int64?
  /// Of the whole work, in bytes; 0 while it is not known.
  var total: Int64 = 0

  /// A redraw costs a system call; more often than this nobody sees.
  private static let redraw = Duration.milliseconds(100)
  private static let plainLine = Duration.seconds(5)

  init(_ what: String, console: Console, isQuiet: Bool) {
    self.console = console
    self.isQuiet = isQuiet
    self.what = what
  }

  /// The work has come to `done` bytes.
  func update(_ done: Int64, _ extra: String = "") {
    if isQuiet { return }
    let elapsed = EventLoop.bootTime() - started
    // What was there before we began says nothing about the rate.
    let base = baseline ?? done
    baseline = base
    guard elapsed - drawn >= (console.isTerminal ? Self.redraw : Self.plainLine) else { return }
    drawn = elapsed
    let line = Self.line(what, done: done, since: base, total: total, elapsed: elapsed, extra: extra)
    if console.isTerminal { console.draw(line) } else { console.note(line) }
  }

  /// The work is over: the line goes.
  func finish() { console.clear() }

  /// `pull acme/weather: 1.2 GiB of 4.0 GiB (30%), 105 MiB/s, 27s left`
  nonisolated static func line(
    _ what: String, done: Int64, since base: Int64, total: Int64, elapsed: Duration, extra: String
  ) -> String {
    var line = "\(Plain.text(what)): \(Plain.bytes(done))"
    if total > 0 { line += " of \(Plain.bytes(total)) (\(min(100, Int(Double(done) / Double(total) * 100)))%)" }
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    if seconds > 0.5, done > base {
      let rate = Double(done - base) / seconds
      line += ", \(Plain.bytes(Int64(rate)))/s"
      if total > done { line += ", \(Plain.duration(Int64((Double(total - done) / rate).rounded(.up)))) left" }
    }
    return extra.isEmpty ? line : line + ", " + Plain.text(extra)
  }
}
