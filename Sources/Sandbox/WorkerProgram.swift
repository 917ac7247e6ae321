import EventLoop
import Glibc

/// The worker's executable: `$DEMARC_SANDBOX`, else `demarc-sandbox` beside this program, else in
/// `../libexec/demarc` seen from it, which is where the Debian package puts what nobody starts by hand.
enum WorkerProgram {
  static func path() throws(RunFailure) -> String {
    if let named = getenv("DEMARC_SANDBOX") { return String(cString: named) }
    let own = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer -> String? in
      guard let start = buffer.baseAddress else { return nil }
      let count = readlink("/proc/self/exe", start, buffer.count)
      guard count > 0, count < buffer.count else { return nil }
      return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    guard let own, let slash = own.lastIndex(of: "/") else {
      throw RunFailure(.internal, "the program's own directory is unknown; set DEMARC_SANDBOX (is /proc mounted?)")
    }
    let places = candidates(besides: String(own[..<slash]))
    guard let found = places.first(where: { access($0, X_OK) == 0 }) else {
      throw RunFailure(.internal, "the worker is missing: neither \(places.joined(separator: " nor ")) can be executed")
    }
    return found
  }

  /// Where the worker may lie for a program in `directory`, best first. Without `..`: the kernel follows that through
  /// symbolic links, and `directory` has none left.
  static func candidates(besides directory: String) -> [String] {
    let parent = directory.lastIndex(of: "/").map { directory[..<$0] } ?? ""
    return [directory + "/demarc-sandbox", parent + "/libexec/demarc/demarc-sandbox"]
  }

  /// Changes when the file does: an upgrade may replace it under a running daemon.
  static func fingerprint() throws(RunFailure) -> [Int] {
    let path = try path()
    var facts = stat()
    guard stat(path, &facts) == 0 else { throw RunFailure(.internal, "\(path) is not there") }
    return [
      Int(facts.st_dev), Int(truncatingIfNeeded: facts.st_ino), Int(facts.st_size), facts.st_mtim.tv_sec,
      facts.st_mtim.tv_nsec,
    ]
  }

  /// What `arguments` make the worker print; for its identity and its walls.
  static func output(_ arguments: [String]) async throws(RunFailure) -> (text: String, status: ExitStatus) {
    let path = try path()
    do throws(StreamFailure) {
      let process = try ChildProcess.spawn(executable: path, arguments: arguments, stdin: .none, stderr: .none)
      var bytes: [UInt8] = []
      while let stdout = process.stdout {
        let more = try await stdout.read(atMost: 65_536)
        if more.isEmpty || bytes.count > 65_536 { break }
        bytes += more
      }
      process.stdout?.close()
      return (String(decoding: bytes, as: UTF8.self), await process.exit())
    } catch {
      throw RunFailure(.internal, "\(path) could not be started: \(error)")
    }
  }
}
