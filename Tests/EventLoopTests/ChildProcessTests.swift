import EventLoop
import Glibc
import TestLoop
import Testing

@Suite struct ChildProcessTests {
  private func shell(_ script: String, environment: [String: String] = [:]) throws(StreamFailure) -> ChildProcess {
    try ChildProcess.spawn(executable: "/bin/sh", arguments: ["-c", script], environment: environment)
  }

  private func all(of stream: SocketStream?) async throws -> String {
    var bytes: [UInt8] = []
    while let piece = try await stream?.read(atMost: 1 << 16), !piece.isEmpty { bytes += piece }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func exitCodesAndSignalsAreTold() async throws {
    try await withNoLeakedHandles {
      #expect(try await shell("exit 7").exit() == .exited(7))
      #expect(try await shell("kill -TERM $$").exit() == .signalled(SIGTERM))
      let sleeper = try shell("exec sleep 1000")
      sleeper.kill(SIGINT)
      #expect(await sleeper.exit() == .signalled(SIGINT))
      #expect(await sleeper.exit() == .signalled(SIGINT))
    }
  }

  @Test func pipesCarryAMegabyteEachWay() async throws {
    try await withNoLeakedHandles {
      let child = try shell("cat; echo done >&2")
      let text = String(repeating: "0123456789abcde\n", count: 1 << 16)
      let writer = Task {
        try await child.stdin?.write(Array(text.utf8))
        try await child.stdin?.finish()
      }
      #expect(try await all(of: child.stdout) == text)
      #expect(try await all(of: child.stderr) == "done\n")
      try await writer.value
      #expect(await child.exit() == .exited(0))
    }
  }

  @Test func aChildGetsTheGivenEnvironmentAndNoOther() async throws {
    try await withNoLeakedHandles {
      let child = try ChildProcess.spawn(executable: "/usr/bin/env", environment: ["A": "1", "B": "x y"], stdin: .none)
      #expect(try await all(of: child.stdout) == "A=1\nB=x y\n")
      #expect(child.stdin == nil)
      _ = await child.exit()
    }
  }

  @Test func aChildHasTheDescriptorsNamedAndNoOther() async throws {
    try await withNoLeakedHandles {
      // Inheritable, as a careless library might leave one.
      let careless = dup(2)
      defer { close(careless) }
      let child = try ChildProcess.spawn(
        executable: "/bin/sh", arguments: ["-c", "echo three >&3; echo four >&4; ls /proc/self/fd"], stderr: .none,
        extra: [careless, careless])
      // `ls` has the directory open as well.
      #expect(try await all(of: child.stdout) == "0\n1\n2\n3\n4\n5\n")
      _ = await child.exit()
    }
  }

  @Test func whatCannotBeExecutedIsRefused() async {
    await withNoLeakedHandles {
      #expect(throws: StreamFailure.system(ENOENT)) { _ = try ChildProcess.spawn(executable: "/nonexistent") }
      #expect(throws: StreamFailure.system(EACCES)) { _ = try ChildProcess.spawn(executable: "/etc/passwd") }
    }
  }

  @Test func aDroppedChildIsKilledAndReaped() async throws {
    var identifier: Int32 = 0
    try await withNoLeakedHandles {
      identifier = try shell("exec sleep 1000").identifier
    }
    #expect(kill(identifier, 0) == -1 && errno == ESRCH)
  }

  @Test func cancellingTheWaitKillsTheChild() async throws {
    try await withNoLeakedHandles {
      let child = try shell("exec sleep 1000")
      let waiting = Task { await child.exit() }
      await EventLoop.turn()
      waiting.cancel()
      #expect(await waiting.value == .signalled(SIGKILL))
    }
  }

  @Test func signalsCanBeWaitedFor() async {
    await withNoLeakedHandles {
      let waiting = Task { await Signals.wait(for: [SIGUSR1, SIGHUP]) }
      await EventLoop.turn()
      kill(getpid(), SIGHUP)
      #expect(await waiting.value == SIGHUP)
    }
  }
}
