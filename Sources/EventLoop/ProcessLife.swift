import CShims
import CUV
import Glibc

/// What starting a process needs.
struct SpawnOptions {
  let executable: String
  let arguments: [String]
  let environment: [String]
  let directory: String?
}

/// The part of a child that outlives its owner: until the kernel reports the exit.
///
/// By posix_spawn and a process descriptor rather than by uv_spawn: that forks, which copies the page tables of a daemon
/// and faults its pages in again afterwards, a millisecond or two; this shares the memory until the child executes.
final class ProcessLife {
  private var identifier: Int32 = 0
  private var watch: UnsafeMutablePointer<uv_poll_t>?
  private var descriptor: Int32 = -1
  private var status: ExitStatus?
  private var waiters: [Waiter<ExitStatus, Never>] = []

  /// Starts the process; `channels` become its descriptors 0, 1, …, nil is `/dev/null`.
  func start(_ options: SpawnOptions, _ channels: [Int32?]) throws(StreamFailure) -> Int32 {
    let child = try Self.spawn(options, channels)
    do throws(StreamFailure) {
      descriptor = demarc_process_descriptor(child)
      guard descriptor >= 0 else { throw .system(errno) }
      let fd = descriptor
      let watch = try Handle.open(uv_poll_t.self, owner: self) { uv_poll_init(Loop.shared.uv, $0, fd) }
      self.watch = watch
      uv_poll_start(watch, Int32(UV_READABLE.rawValue)) { watch, _, _ in
        Handle.owner(of: watch, as: ProcessLife.self)?.ended()
      }
    } catch {
      // Nobody would hear of its end.
      Glibc.kill(child, SIGKILL)
      waitpid(child, nil, 0)
      if descriptor >= 0 { close(descriptor) }
      throw error
    }
    identifier = child
    return child
  }

  private static func spawn(_ options: SpawnOptions, _ channels: [Int32?]) throws(StreamFailure) -> Int32 {
    var files = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&files)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&files)
      posix_spawnattr_destroy(&attributes)
    }
    // Out of the way first: what is put at 3 must not be what is wanted at 4.
    var moved: [Int32] = []
    defer { for descriptor in moved { close(descriptor) } }
    for (number, channel) in channels.enumerated() {
      guard let channel else {
        posix_spawn_file_actions_addopen(&files, Int32(number), "/dev/null", O_RDWR, 0)
        continue
      }
      let source = fcntl(channel, F_DUPFD_CLOEXEC, Int32(channels.count))
      guard source >= 0 else { throw .system(errno) }
      moved.append(source)
      posix_spawn_file_actions_adddup2(&files, source, Int32(number))
    }
    demarc_spawn_close_from(&files, Int32(channels.count))
    if let directory = options.directory { demarc_spawn_directory(&files, directory) }
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var arguments = ([options.executable] + options.arguments).map { strdup($0) } + [nil]
    var environment = options.environment.map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var child: Int32 = 0
    let failure = posix_spawn(&child, options.executable, &files, &attributes, &arguments, &environment)
    guard failure == 0 else { throw .system(failure) }
    return child
  }

  /// Valid until the process was waited for: then another may have its number.
  func kill(_ signal: Int32) {
    if status == nil, identifier > 0 { Glibc.kill(identifier, signal) }
  }

  func end() async -> ExitStatus {
    if let status { return status }
    let waiter = Waiter<ExitStatus, Never>()
    waiters.append(waiter)
    return await waiter.outcome { _ in self.kill(SIGKILL) }.get()
  }

  private func ended() {
    var code: Int32 = 0
    guard waitpid(identifier, &code, WNOHANG) == identifier else { return }
    let signal = code & 0x7F
    let status = signal != 0 ? ExitStatus.signalled(signal) : .exited(code >> 8 & 0xFF)
    self.status = status
    if let watch { Handle.close(watch) }
    watch = nil
    close(descriptor)
    for waiter in waiters { waiter.resume(.success(status)) }
    waiters = []
  }
}
