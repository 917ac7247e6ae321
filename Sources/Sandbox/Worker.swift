import EventLoop
import Glibc
import Transformation

/// One worker process and the frames between it and us.
final class Worker {
  private let process: ChildProcess
  private var cutter = FrameCutter()
  /// A piece waits in the pipe while the one before it is at work. What any user may ask for.
  private static let pipeBytes: Int32 = 1 << 20
  private var complaint: [UInt8] = []
  private var complaints: Task<Void, Never>?
  /// CPU time, known after `end`.
  private(set) var cpu: Duration = .zero

  /// Spawns a worker and gives it the setup and the script.
  static func start(_ setup: Setup, _ script: Script) async throws(RunFailure) -> Worker {
    guard script.source.count <= TransformationLimits.scriptBytes else {
      throw RunFailure(.invalid, "a script has at most 1 MiB")
    }
    let path = try WorkerProgram.path()
    let worker: Worker
    do throws(StreamFailure) {
      worker = Worker(try ChildProcess.spawn(executable: path, environment: [:], pipeBytes: pipeBytes))
    } catch {
      throw RunFailure(.internal, "\(path) could not be started: \(error)")
    }
    do throws(RunFailure) {
      try await worker.send(Frame(.setup, setup.encoded).encoded + Frame(.script, script.source).encoded)
    } catch {
      await worker.end()
      throw error
    }
    return worker
  }

  private init(_ process: ChildProcess) {
    self.process = process
    complaints = Task { [weak self] in
      while let stderr = self?.process.stderr {
        guard let bytes = try? await stderr.read(atMost: 4096), !bytes.isEmpty else { return }
        self?.keep(bytes)
      }
    }
  }

  private func keep(_ bytes: [UInt8]) {
    complaint += bytes.prefix(max(0, TransformationLimits.breachBytes - complaint.count))
  }

  /// Sends bytes of frames; a worker that ended says why.
  func send(_ bytes: [UInt8]) async throws(RunFailure) { try await send(bytes[...]) }

  /// The same for a part of an array.
  func send(_ bytes: ArraySlice<UInt8>) async throws(RunFailure) {
    do throws(StreamFailure) {
      try await process.stdin?.write(bytes)
    } catch {
      throw await failure(error)
    }
  }

  /// No more frames.
  func finish() async { try? await process.stdin?.finish() }

  /// The next frame; a worker that ended says why.
  func receive() async throws(RunFailure) -> Frame {
    if let frame = try await receiveOrEnd() { return frame }
    throw await failure(.truncated)
  }

  /// The next frame, or nil when the worker has ended as it should.
  func receiveOrEnd() async throws(RunFailure) -> Frame? {
    while true {
      do throws(FrameProblem) {
        if let frame = try cutter.next() { return frame }
      } catch {
        process.kill(SIGKILL)
        throw RunFailure(.internal, "the worker sent bytes that are no frame")
      }
      do throws(StreamFailure) {
        guard let bytes = try await process.stdout?.read(atMost: 256 << 10), !bytes.isEmpty else {
          let status = await process.exit()
          if status == .exited(0), !cutter.isInsideFrame { return nil }
          throw StreamFailure.truncated
        }
        cutter.append(bytes)
      } catch {
        throw await failure(error)
      }
    }
  }

  /// The piece in which the worker's breach happened; 0 before the first.
  private(set) var failedPiece = 0

  private func failure(_ reason: StreamFailure) async -> RunFailure {
    if reason == .cancelled || Task.isCancelled { return RunFailure(.cancelled, "the run was cancelled") }
    let status = await process.exit()
    await complaints?.value
    let breach = Breach(status, line: complaint)
    failedPiece = breach.piece
    return breach.failure
  }

  /// Ends the process if it still runs; nobody waits until it is gone, for the end of its namespaces takes the kernel
  /// milliseconds. It is reaped by itself. Always called, exactly once.
  func end() async {
    cpu = max(cpu, used())
    process.kill(SIGKILL)
    process.stdin?.close()
    process.stdout?.close()
    process.stderr?.close()
    complaints?.cancel()
    await complaints?.value
  }

  /// Notes the CPU time while the process lives.
  func measure() { cpu = used() }

  /// CPU time so far: the first number of /proc/PID/schedstat, in nanoseconds. Zero where there is none.
  private func used() -> Duration {
    let file = open("/proc/\(process.identifier)/schedstat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return .zero }
    defer { close(file) }
    var nanoseconds: Int64 = 0
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { buffer in
      let count = read(file, buffer.baseAddress, buffer.count)
      guard count > 0 else { return }
      for byte in buffer[..<count] {
        guard byte &- 48 < 10, nanoseconds < 1 << 59 else { break }
        nanoseconds = nanoseconds * 10 + Int64(byte - 48)
      }
    }
    return .nanoseconds(nanoseconds)
  }
}
