import CShims
import CUV
import Glibc

/// How a child ended.
package enum ExitStatus: Equatable, Sendable {
  case exited(Int32)
  case signalled(Int32)
}

/// A process started by this one and belonging to it: dropping the last reference kills it. Always reaped.
package final class ChildProcess {
  /// What a child's standard descriptor is.
  package enum Channel: Equatable, Sendable {
    /// A pipe whose other end is ours.
    case pipe
    /// This process's own descriptor, given by number.
    case inherit(Int32)
    /// `/dev/null`.
    case none
  }

  /// Our ends of the child's standard descriptors; nil where `spawn` was not asked for a pipe. Writing to `stdin`,
  /// then `stdin.finish()`, is how the child sees the end of its input.
  package let stdin: SocketStream?
  package let stdout: SocketStream?
  package let stderr: SocketStream?
  /// The process id. Valid until `exit()` returns; another process may have it afterwards.
  package let identifier: Int32
  private let life: ProcessLife

  /// Starts `executable` (a path; not searched for) with exactly `environment`, in a clean signal state, without any
  /// of our descriptors but those named; `extra` become 3, 4, … of the child.
  ///
  /// `.system(ENOENT)` and the like when it cannot be executed.
  /// `pipeBytes` is the room asked for in each pipe: a writer that finds room for all it has needs not be woken again.
  package static func spawn(
    executable: String, arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
    stdin: Channel = .pipe, stdout: Channel = .pipe, stderr: Channel = .pipe, extra: [Int32] = [],
    pipeBytes: Int32? = nil
  ) throws(StreamFailure) -> ChildProcess {
    try ChildProcess(
      SpawnOptions(
        executable: executable, arguments: arguments,
        environment: environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }, directory: directory),
      channels: [stdin, stdout, stderr] + extra.map(Channel.inherit), pipeBytes: pipeBytes)
  }

  private init(
    _ options: SpawnOptions, channels: [Channel], pipeBytes: Int32?
  ) throws(StreamFailure) {
    var streams: [SocketStream?] = []
    var descriptors: [Int32?] = []
    var theirs: [Int32] = []
    defer { for descriptor in theirs { close(descriptor) } }
    for (number, channel) in channels.enumerated() {
      var stream: SocketStream?
      switch channel {
      case .pipe:
        // One way each, so that the kernel moves pages and the room can be chosen.
        var ends: [Int32] = [-1, -1]
        let status = uv_pipe(&ends, 0, 0)
        guard status == 0 else { throw StreamFailure(uv: status) }
        let (ours, child) = number == 0 ? (ends[1], ends[0]) : (ends[0], ends[1])
        theirs.append(child)
        if let pipeBytes { demarc_widen_pipe(ours, pipeBytes) }
        stream = try SocketStream(pipe: ours)
        descriptors.append(child)
      case .inherit(let descriptor): descriptors.append(descriptor)
      case .none: descriptors.append(nil)
      }
      streams.append(stream)
    }
    let life = ProcessLife()
    identifier = try life.start(options, descriptors)
    self.life = life
    (stdin, stdout, stderr) = (streams[0], streams[1], streams[2])
  }

  isolated deinit { life.kill(SIGKILL) }

  /// Sends a signal; nothing happens if the child has ended.
  package func kill(_ signal: Int32) { life.kill(signal) }

  /// Waits for the end of the process. Cancelling the wait kills the child and then returns as usual.
  package func exit() async -> ExitStatus { await life.end() }
}
