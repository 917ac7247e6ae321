import EventLoop
import Glibc

/// The worker's executable: `$DEMARC_SANDBOX`, else `demarc-sandbox` beside this program.
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
      throw RunFailure(.internal, "the program's own directory is unknown; set DEMARC_SANDBOX")
    }
    return own[...slash] + "demarc-sandbox"
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
