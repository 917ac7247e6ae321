import API
import ArgumentParser
import Core
import EventLoop
import Glibc

/// Where a passphrase comes from.
struct PassphraseOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "- reads the passphrase from standard input, one line. Otherwise the terminal asks for it.", valueName: "-"))
  var passphrase: String?

  /// Reads it; `twice` for a new one, which a slip of the finger must not spoil.
  @MainActor func read(twice: Bool) async throws(Refusal) -> Passphrase {
    guard let passphrase else {
      let text = try await Self.ask("passphrase: ")
      let checked = try Self.checked(text)
      if twice, try await Self.ask("again: ") != text {
        throw Refusal(.invalid, "the passphrases differ", hint: "try again")
      }
      return checked
    }
    guard passphrase == "-" else {
      throw Refusal(
        .usage, "a passphrase is not given among the arguments, where others see it",
        hint: "--passphrase - reads it from standard input")
    }
    return try Self.checked(readLine() ?? "")
  }

  private static func checked(_ text: String) throws(Refusal) -> Passphrase {
    do throws(Passphrase.Failure) { return try Passphrase(text) } catch {
      switch error {
      case .short(let least):
        throw Refusal(
          .invalid, "a passphrase has \(least) characters at least", hint: "a few words that belong together nowhere")
      case .long(let most): throw Refusal(.invalid, "a passphrase has \(most) bytes at most")
      }
    }
  }

  private static func ask(_ prompt: String) async throws(Refusal) -> String {
    try await EventLoop.offload { () throws(Refusal) in try Terminal.secret(prompt) }
  }
}

/// The terminal of the process, whatever its standard input is.
enum Terminal {
  /// Asks for a line that is not shown. Blocks: offload it.
  ///
  /// The terminal hands over byte by byte and makes no signals meanwhile: Ctrl-C is read like anything else, so that it
  /// shows what is typed again in any case.
  static func secret(_ prompt: String) throws(Refusal) -> String {
    let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else {
      throw Refusal(
        .usage, "there is no terminal to ask for a passphrase",
        hint: "--passphrase - reads it from standard input")
    }
    defer { close(descriptor) }
    var before = termios()
    guard tcgetattr(descriptor, &before) == 0 else { throw Refusal(.internal, "the terminal cannot be set") }
    var during = before
    during.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    guard tcsetattr(descriptor, TCSAFLUSH, &during) == 0 else { throw Refusal(.internal, "the terminal cannot be set") }
    put(prompt, descriptor)
    defer {
      put("\n", descriptor)
      tcsetattr(descriptor, TCSAFLUSH, &before)
    }
    return try line(descriptor)
  }

  private static func line(_ descriptor: Int32) throws(Refusal) -> String {
    var text: [UInt8] = []
    var byte: UInt8 = 0
    while text.count <= Limits.passphraseBytes {
      let count = read(descriptor, &byte, 1)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { break }
      switch byte {
      case 0x0a, 0x0d: return String(decoding: text, as: UTF8.self)
      case 0x03, 0x04: throw Refusal(.cancelled, "cancelled")
      case 0x15: text = []
      case 0x08, 0x7f:
        // A whole character: its first byte is none of those that follow one.
        while let last = text.popLast(), last & 0xc0 == 0x80 {}
      default: text.append(byte)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func put(_ text: String, _ descriptor: Int32) {
    let bytes = Array(text.utf8)
    _ = write(descriptor, bytes, bytes.count)
  }
}
