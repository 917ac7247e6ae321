import EventLoop

/// A relay of TCP connections that can keep the answers to itself: so that a daemon can be stopped at the moment at which
/// its request has arrived and the answer has not.
final class Relay {
  private let listener: Listener
  private let target: Int
  private var tasks: [Task<Void, Never>] = []
  private var connections = 0
  /// From which connection on, counted from 1, answers are held; nil for none. TLS is let through until the client has
  /// spoken twice: its second flight ends the handshake and begins the request.
  var holdsFrom: Int?
  /// Requests whose answers are held.
  private(set) var held = 0

  /// A relay to a port of this machine.
  init(to target: Int) async throws {
    self.target = target
    listener = try await Listener.tcp(host: "127.0.0.1", port: 0)
    tasks.append(
      Task {
        while let client = try? await self.listener.accept() {
          self.connections += 1
          let number = self.connections
          self.tasks.append(Task { await self.carry(client, number) })
        }
      })
  }

  /// Where it listens.
  var port: Int { listener.port }

  /// Starts to hold the answers of the connection after the next, and of all later ones.
  func holdAfterNext() { holdsFrom = connections + 2 }

  /// Ends it.
  func close() {
    listener.close()
    for task in tasks { task.cancel() }
  }

  private func carry(_ client: SocketStream, _ number: Int) async {
    guard let server = try? await SocketStream.connect(host: "127.0.0.1", port: target, timeout: .seconds(5)) else {
      return client.reset()
    }
    var flights = 0
    let up = Task {
      while let bytes = try? await client.read(atMost: 1 << 16), !bytes.isEmpty {
        flights += 1
        guard (try? await server.write(bytes)) != nil else { break }
        if flights == 2, let from = self.holdsFrom, number >= from { self.held += 1 }
      }
      server.close()
    }
    while let bytes = try? await server.read(atMost: 1 << 16), !bytes.isEmpty {
      if flights > 1, let from = holdsFrom, number >= from { continue }
      guard (try? await client.write(bytes)) != nil else { break }
    }
    client.close()
    up.cancel()
    await up.value
  }
}
