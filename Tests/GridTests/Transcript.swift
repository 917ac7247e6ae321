import Glibc
import Testing

/// A session at the command line, written down: what was typed, what came back.
///
///     file weather.csv              a file in the grid's directory, its lines behind bars
///     | station,wind
///     acme$ commit weather weather.csv => first
///     CID                           stdout, as it was; `=> first` keeps its last line for `$first`
///     ! weather version 1: …        stderr
///     exit 5                        the status, unless it is 0
///
/// What differs from run to run is written as TIME, ID, CID, KEY, NODE, ADDRESS. `DEMARC_TRANSCRIPTS=write` writes the
/// answers anew instead of comparing them; then `git diff` shows what changed for users.
struct Transcript {
  /// One command with its answer, or anything else, passed through.
  enum Item {
    case text(String)
    case file(name: String, lines: [String])
    case command(daemon: String, line: String, keep: String?, answer: [String])
  }

  private(set) var items: [Item] = []

  init(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      switch items.last {
      case .file(let name, let lines) where line.hasPrefix("|"):
        items[items.count - 1] = .file(name: name, lines: lines + [String(line.dropFirst(2))])
        continue
      case .command(let daemon, let typed, let keep, let answer) where !line.isEmpty && !Self.isStart(line):
        items[items.count - 1] = .command(daemon: daemon, line: typed, keep: keep, answer: answer + [line])
        continue
      default: break
      }
      if line.hasPrefix("file ") {
        items.append(.file(name: String(line.dropFirst("file ".count)), lines: []))
      } else if Self.isStart(line), let dollar = line.firstIndex(of: "$") {
        let parts = line[line.index(dollar, offsetBy: 2)...].split(separator: " => ", maxSplits: 1).map(String.init)
        items.append(
          .command(
            daemon: String(line[..<dollar]), line: parts[0], keep: parts.count > 1 ? parts[1] : nil, answer: []))
      } else {
        items.append(.text(line))
      }
    }
  }

  private static func isStart(_ line: String) -> Bool {
    guard let dollar = line.firstIndex(of: "$") else { return false }
    let daemon = line[..<dollar]
    return !daemon.isEmpty && daemon.allSatisfy { $0.isLetter } && line[dollar...].hasPrefix("$ ")
  }

  /// Plays it on a grid. The same text, with the answers that came.
  func play(on grid: Grid) async throws -> String {
    var kept: [String: String] = [:]
    var lines: [String] = []
    for item in items {
      switch item {
      case .text(let line): lines.append(line)
      case .file(let name, let content):
        try grid.file(name, content.map { $0 + "\n" }.joined())
        lines.append("file \(name)")
        lines += content.map { $0.isEmpty ? "|" : "| " + $0 }
      case .command(let daemon, let typed, let keep, _):
        let words = Self.words(typed).map { word in
          kept.reduce(word) {
            $0.split(separator: "$" + $1.key, omittingEmptySubsequences: false).joined(separator: $1.value)
          }
        }
        let outcome = try await grid.run(daemon, words)
        if let keep { kept[keep] = outcome.last }
        lines.append("\(daemon)$ \(typed)" + (keep.map { " => \($0)" } ?? ""))
        lines += Self.shown(outcome.text, grid)
        lines += Self.shown(outcome.stderr, grid).map { "! " + $0 }
        if outcome.status != 0 { lines.append("exit \(outcome.status)") }
      }
    }
    return lines.joined(separator: "\n")
  }

  /// Splits at spaces outside of double quotes.
  private static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word = ""
    var isQuoted = false
    var isOpen = false
    for character in line {
      switch character {
      case "\"":
        isQuoted.toggle()
        isOpen = true
      case " " where !isQuoted:
        if isOpen || !word.isEmpty { words.append(word) }
        word = ""
        isOpen = false
      default: word.append(character)
      }
    }
    if isOpen || !word.isEmpty { words.append(word) }
    return words
  }

  // MARK: what differs from run to run

  private static func shown(_ text: String, _ grid: Grid) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return lines.dropLast(lines.last == "" ? 1 : 0).map { line in
      // Columns are as wide as what varies in them: runs of spaces count as two.
      masked(line.split(separator: grid.directory, omittingEmptySubsequences: false).joined(separator: "DIR"))
        .split(separator: "  ").map { $0.drop { $0 == " " } }.joined(separator: "  ")
        .split(separator: ", ").map(measure).joined(separator: ", ")
    }
  }

  /// What a run cost.
  private static func measure(_ part: Substring) -> Substring {
    for unit in [" s of processor time", " of memory"] where part.hasSuffix(unit) { return "AMOUNT" + unit[...] }
    return part
  }

  private static func masked(_ line: String) -> String {
    var text = ""
    var word = ""
    func flush() {
      text += name(of: word)
      word = ""
    }
    for character in line {
      if character.isASCII, character.isLetter || character.isNumber || "-:._/".contains(character) {
        word.append(character)
      } else {
        flush()
        text.append(character)
      }
    }
    flush()
    return text
  }

  private static func name(of word: String) -> String {
    let isHex = !word.isEmpty && word.allSatisfy { $0.isHexDigit && !$0.isUppercase }
    if word.hasPrefix("https://127.0.0.1:") || word.hasPrefix("127.0.0.1:") { return "ADDRESS" }
    if word.count >= 20, word.hasSuffix("Z"), word.hasPrefix("20"), word.contains("T") { return "TIME" }
    if word.hasPrefix("sha256:"), word.count == 71 { return "KEY" }
    if word.hasPrefix("baf"), word.count == 59 { return "CID" }
    if isHex, word.count == 64 { return "DIGEST" }
    if isHex, word.count == 32 { return "ID" }
    if isHex, word.count == 12 { return "INCIDENT" }
    if word.hasPrefix("run-"), word.count == 20 { return "RUN" }
    if word.hasPrefix("spiffe:"), let last = word.lastIndex(of: "/") { return word[..<last] + "/NODE" }
    if let slash = word.firstIndex(of: "/"), word[slash...].hasPrefix("/node-") { return word[..<slash] + "/NODE" }
    if word.hasPrefix("node-"), word.count == 13 { return "NODE" }
    return word
  }
}
