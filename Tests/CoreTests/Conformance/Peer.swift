import Core
import Glibc
import Testing

/// A Python program of Tests/Conformance with the libraries of strangers, run in the venv that `Scripts/setup test` makes.
/// It reads one JSON document and prints one; an exit other than 0 is a failed check, with what it wrote as the reason.
enum Peer {
  /// What `script` answers; nil, with a line that says so, where `library` is not installed.
  static func ask(_ script: String, needing library: String, _ question: JSON) throws -> JSON? {
    let python = Vector.package + ".build-peers/bin/python"
    guard access(python, X_OK) == 0, run([python, "-c", "import \(library)"]).status == 0 else {
      print("skipped: \(library) not installed")
      return nil
    }
    var template = Array("/tmp/demarc-peer-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    try #require(descriptor >= 0)
    close(descriptor)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      unlink(path)
    }
    File.write(question.canonicalBytes, to: path)
    let (status, output) = run([python, Vector.package + "Tests/Conformance/" + script, path])
    try #require(status == 0, "\(script): \(String(decoding: output, as: UTF8.self))")
    return try JSON(parsing: output)
  }

  /// Runs a program to its end; what it wrote to both outputs.
  private static func run(_ arguments: [String]) -> (status: Int32, output: [UInt8]) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return (-1, []) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for output in [STDOUT_FILENO, STDERR_FILENO] { posix_spawn_file_actions_adddup2(&actions, ends[1], output) }
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    var texts: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for text in texts { free(text) } }
    var child: pid_t = 0
    let spawned = posix_spawn(&child, arguments[0], &actions, nil, &texts, environ)
    close(ends[1])
    defer { close(ends[0]) }
    guard spawned == 0 else { return (-1, []) }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = read(ends[0], &buffer, buffer.count), count > 0 { output += buffer.prefix(count) }
    var status: Int32 = 0
    waitpid(child, &status, 0)
    return (status, output)
  }
}
