import API
import Glibc

/// The two outputs of the process: results to stdout, everything else to stderr.
@MainActor final class Console {
  private let out: Int32
  private let error: Int32
  /// Whether stderr is a terminal, where a line can be drawn over.
  let isTerminal: Bool
  /// A progress line stands on the terminal and has to go before anything else is written.
  private var isLineOpen = false
  private var buffer: [UInt8] = []
  /// Why the results could not all be written, if so: a full disk behind a redirection must not look like success.
  private(set) var failure: Refusal?

  /// On the process's own outputs, or on other descriptors.
  init(out: Int32 = 1, error: Int32 = 2) {
    self.out = out
    self.error = error
    isTerminal = isatty(error) == 1
  }

  /// The terminal's width in columns.
  var width: Int {
    var size = winsize()
    return ioctl(error, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// A line of the result.
  func print(_ line: String) { write(Array((line + "\n").utf8)) }

  /// Bytes of the result, as they are.
  func write(_ bytes: [UInt8]) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= 64 << 10 { flush() }
  }

  /// Hands everything to the system.
  func flush() {
    let error = Self.put(buffer, on: out)
    buffer = []
    // A reader that has gone (`demarc versions x | head -1`) has what it wanted.
    guard let error, error != EPIPE, failure == nil else { return }
    failure = Refusal(
      .storage, "the output could not be written: \(String(cString: strerror(error)))", concern: "stdout")
  }

  /// A line beside the result.
  func note(_ line: String) {
    clear()
    flush()
    Self.put(Array((line + "\n").utf8), on: error)
  }

  /// Draws a line over the one before; on a terminal alone.
  func draw(_ line: String) {
    guard isTerminal else { return }
    isLineOpen = true
    Self.put(Array(("\r\u{1b}[K" + line.prefix(max(1, width - 1))).utf8), on: error)
  }

  /// Takes a drawn line away.
  func clear() {
    guard isLineOpen else { return }
    isLineOpen = false
    Self.put(Array("\r\u{1b}[K".utf8), on: error)
  }

  /// Writes all of it, or says by which error of the system not; then the rest is dropped.
  @discardableResult private static func put(_ bytes: [UInt8], on descriptor: Int32) -> Int32? {
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN {
          var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&poller, 1, 1000)
          continue
        }
        return errno
      }
      start += count
    }
    return nil
  }
}
