import EventLoop

@main
struct Main {
  static func main() {
    EventLoop.run {
      do {
        let l = try await Listener.tcp(host: "127.0.0.1", port: 0)
        let c = Task { try? await SocketStream.connect(host: "localhost", port: l.port, timeout: .seconds(2)) }
        let s = try await l.accept()
        guard let c = await c.value else { return 3 }
        try await c.write(Array("hello".utf8))
        print(s.peerAddress, String(decoding: try await s.read(atMost: 100), as: UTF8.self))
        try await EventLoop.sleep(for: .milliseconds(20))
        print(await EventLoop.offload { 42 }, EventLoop.openHandles)
        let p = try ChildProcess.spawn(executable: "/bin/sh", arguments: ["-c", "cat; exit 3"])
        try await p.stdin?.write(Array("abc".utf8)); try await p.stdin?.finish()
        print(try await p.stdout?.read(atMost: 100) ?? [], await p.exit())
        return 0
      } catch { print(error); return 1 }
    }
  }
}
