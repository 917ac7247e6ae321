/// The bounds of one HTTP connection, server and client side alike.
///
/// Every number here closes one way of exhausting a process with well-formed input. Sizes are bytes.
nonisolated package struct HTTPLimits: Sendable {
  /// Request line or status line plus all fields, in bytes. Beyond it: 431.
  package var headBytes = 16 * 1024
  /// Request target, in bytes. Beyond it: 414.
  package var targetBytes = 8 * 1024
  /// Field lines in one head. Beyond it: 431.
  package var fieldCount = 100
  /// Body as announced or counted, in bytes, framing excluded. Beyond it: 413. It is a ceiling for uploads that are
  /// streamed to disk; whoever holds a body in memory says a smaller bound to `HTTPBody.collect(atMost:)`.
  package var bodyBytes: Int64 = 1 << 40
  /// Bytes asked of the stream by one read. Bounds what a connection buffers for a slow consumer.
  package var readBytes = 64 * 1024
  /// Longest head that a server's connection keeps, to know it again when it comes a second time.
  package var repeatedHeadBytes = 1024
  /// What is read and thrown away of a request body that nobody wanted, before the connection is closed instead.
  package var drainBytes: Int64 = 256 * 1024
  /// Bytes that are handed to the stream at once; a deadline goes with each such piece, so that a receiver that has
  /// stopped is found out within `bodyIdleTime` and the time that one piece has at `minimumRate`.
  package var sliceBytes: Int64 = 1024 * 1024
  /// Bodies up to this size travel in one write with their head.
  package var coalescedBytes = 64 * 1024

  /// Time for a whole head to arrive, from its first byte on; for a handshake, from the accept on.
  package var headTime = Duration.seconds(10)
  /// Time that a kept-alive connection may be silent between two requests. A client's is shorter than its server's, so
  /// that the side that sends never picks a connection that is about to close.
  package var idleTime = Duration.seconds(60)
  /// Longest silence inside a body that is being waited for.
  package var bodyIdleTime = Duration.seconds(30)
  /// Slowest acceptable transfer in either direction, in bytes per second, after `bodyIdleTime` of grace. Only time
  /// spent waiting for the other side counts, never the time that our own consumer takes.
  /// 0 at a client: any, for streams of events that are quiet most of the time.
  package var minimumRate = 4096
  /// How long a connection that is being closed goes on reading, so that its last response survives what the client is
  /// still sending.
  package var lingerTime = Duration.seconds(2)
  /// Time for a connection to be established, name resolution included.
  package var connectTime = Duration.seconds(10)
  /// Time from the last byte of a request to the whole head of its response (client). Long, as operations may be.
  package var responseTime = Duration.seconds(120)

  /// Connections open at once (server), or to one origin (client).
  package var connections = 4096
  /// Of these, connections from one address (server, TCP): one client must not take the places of all. A further one is
  /// reset at once.
  package var connectionsPerPeer = 1024
  /// Requests served on one connection before it is closed.
  package var requestsPerConnection = 1_000_000
  /// Idle connections that a client keeps.
  package var idleConnections = 8

  /// The defaults, which suit both daemons.
  package init() {}
}
