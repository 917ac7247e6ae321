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
    /// A socket pair whose other end is ours.
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
  package static func spawn(
    executable: String, arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
    stdin: Channel = .pipe, stdout: Channel = .pipe, stderr: Channel = .pipe, extra: [Int32] = []
  ) throws(StreamFailure) -> ChildProcess {
    try ChildProcess(
      SpawnOptions(
        executable: executable, arguments: arguments,
        environment: environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }, directory: directory),
      channels: [stdin, stdout, stderr] + extra.map(Channel.inherit))
  }

  private init(_ options: SpawnOptions, channels: [Channel]) throws(StreamFailure) {
    var streams: [SocketStream?] = []
    var containers: [uv_stdio_container_t] = []
    for (number, channel) in channels.enumerated() {
      var container = uv_stdio_container_t()
      var stream: SocketStream?
      switch channel {
      case .pipe:
        let made = try SocketStream(tcp: false)
        // The directions are the child's.
        let direction = number == 0 ? UV_READABLE_PIPE.rawValue : UV_WRITABLE_PIPE.rawValue
        container.flags = uv_stdio_flags(rawValue: UV_CREATE_PIPE.rawValue | direction)
        container.data.stream = try made.openHandle()
        stream = made
      case .inherit(let descriptor):
        container.flags = UV_INHERIT_FD
        container.data.fd = descriptor
      case .none: container.flags = UV_IGNORE
      }
      streams.append(stream)
      containers.append(container)
    }
    let life = ProcessLife()
    identifier = try life.start(options, &containers)
    self.life = life
    (stdin, stdout, stderr) = (streams[0], streams[1], streams[2])
  }

  isolated deinit { life.kill(SIGKILL) }

  /// Sends a signal; nothing happens if the child has ended.
  package func kill(_ signal: Int32) { life.kill(signal) }

  /// Waits for the end of the process. Cancelling the wait kills the child and then returns as usual.
  package func exit() async -> ExitStatus { await life.end() }
}

/// What `uv_spawn` needs, as Swift values.
struct SpawnOptions {
  let executable: String
  let arguments: [String]
  let environment: [String]
  let directory: String?
}

/// The part of a child that outlives its owner: the handle, until the kernel reports the exit.
final class ProcessLife {
  private var handle: UnsafeMutablePointer<uv_process_t>?
  private var status: ExitStatus?
  private var waiters: [Waiter<ExitStatus, Never>] = []

  func start(_ options: SpawnOptions, _ channels: inout [uv_stdio_container_t]) throws(StreamFailure) -> Int32 {
    // A spawn that fails leaves an initialised handle, which needs the same close as any other: so `initialise` says 0.
    var status: Int32 = 0
    let handle = try Handle.open(uv_process_t.self, owner: self) { memory in
      status = Self.spawn(memory, options, &channels)
      return 0
    }
    guard status == 0 else {
      Handle.close(handle)
      throw StreamFailure(uv: status)
    }
    self.handle = handle
    return handle.pointee.pid
  }

  private static func spawn(
    _ memory: UnsafeMutablePointer<uv_process_t>, _ options: SpawnOptions, _ channels: inout [uv_stdio_container_t]
  ) -> Int32 {
    var arguments = ([options.executable] + options.arguments).map { strdup($0) } + [nil]
    var environment = options.environment.map { strdup($0) } + [nil]
    let path = strdup(options.executable)
    let directory = options.directory.flatMap { strdup($0) }
    defer { for text in arguments + environment + [path, directory] { free(text) } }
    return arguments.withUnsafeMutableBufferPointer { arguments in
      environment.withUnsafeMutableBufferPointer { environment in
        channels.withUnsafeMutableBufferPointer { channels in
          var raw = uv_process_options_t()
          raw.file = UnsafePointer(path)
          raw.args = arguments.baseAddress
          raw.env = environment.baseAddress
          raw.cwd = UnsafePointer(directory)
          raw.stdio = channels.baseAddress
          raw.stdio_count = Int32(channels.count)
          raw.exit_cb = { process, code, signal in
            Handle.owner(of: process, as: ProcessLife.self)?.ended(
              signal != 0 ? .signalled(signal) : .exited(Int32(truncatingIfNeeded: code)))
          }
          return uv_spawn(Loop.shared.uv, memory, &raw)
        }
      }
    }
  }

  func kill(_ signal: Int32) {
    guard let handle else { return }
    uv_process_kill(handle, signal)
  }

  func end() async -> ExitStatus {
    if let status { return status }
    let waiter = Waiter<ExitStatus, Never>()
    waiters.append(waiter)
    return await waiter.outcome { _ in self.kill(SIGKILL) }.get()
  }

  private func ended(_ status: ExitStatus) {
    self.status = status
    if let handle { Handle.close(handle) }
    handle = nil
    for waiter in waiters { waiter.resume(.success(status)) }
    waiters = []
  }
}
