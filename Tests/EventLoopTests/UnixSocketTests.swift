import EventLoop
import Glibc
import TestLoop
import Testing

@Suite struct UnixSocketTests {
  @Test func theKernelNamesThePeer() async throws {
    try await withNoLeakedHandles {
      let path = "/tmp/demarc-unix-\(getpid())"
      let listener = try Listener.unix(path: path, mode: 0o660)
      #expect(access(path, F_OK) == 0)
      let client = try await SocketStream.connect(unix: path, timeout: .seconds(5))
      let server = try await listener.accept()
      let peer = try #require(server.unixCredentials)
      #expect(peer.process == getpid() && peer.user == getuid() && peer.group == getgid())
      var groups = [gid_t](repeating: 0, count: 256)
      let count = Int(getgroups(256, &groups))
      #expect(peer.groups == Array(groups.prefix(count)))
      try await client.write([9])
      #expect(try await server.read(atMost: 10) == [9])
      #expect(throws: StreamFailure.system(EADDRINUSE)) { _ = try Listener.unix(path: path, mode: 0o660) }
      listener.close()
      #expect(access(path, F_OK) != 0)
    }
  }

  @Test func aSocketLeftBehindIsReplaced() async throws {
    try await withNoLeakedHandles {
      let path = "/tmp/demarc-stale-\(getpid())"
      let abandoned = socket(AF_UNIX, 1, 0)  // SOCK_STREAM
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
      let bound = withUnsafePointer(to: &address) {
        bind(
          abandoned, UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self),
          socklen_t(MemoryLayout<sockaddr_un>.size))
      }
      #expect(bound == 0)
      close(abandoned)
      let listener = try Listener.unix(path: path, mode: 0o600)
      let client = try await SocketStream.connect(unix: path, timeout: .seconds(5))
      let server = try await listener.accept()
      client.close()
      #expect(try await server.read(atMost: 1) == [])
    }
  }

  @Test func aPathThatDoesNotFitIsRefused() async {
    #expect(throws: StreamFailure.system(ENAMETOOLONG)) {
      _ = try Listener.unix(path: "/tmp/" + String(repeating: "x", count: 110), mode: 0o600)
    }
  }
}
