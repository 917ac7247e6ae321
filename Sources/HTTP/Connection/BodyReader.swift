import EventLoop

/// Takes one body out of a connection, by its framing and within the limits.
final class BodyReader {
  private let inlet: Inlet
  private let limits: HTTPLimits
  private var framing: BodyFraming
  private var decoder: ChunkedDecoder
  private var received: Int64 = 0
  private var waited = Duration.zero
  /// Whether the end has been reached: only then may the connection carry another message.
  private(set) var isFinished = false

  init(_ inlet: Inlet, framing: BodyFraming, limits: HTTPLimits) {
    self.inlet = inlet
    self.framing = framing
    self.limits = limits
    decoder = ChunkedDecoder(bodyBytes: limits.bodyBytes)
    isFinished = framing == .none
  }

  /// The announced length.
  var length: Int64? {
    switch framing {
    case .none: 0
    case .length(let length): length
    case .chunked, .untilClose: nil
    }
  }

  /// What is still to come of an announced length.
  var remaining: Int64? { length.map { $0 - received } }

  /// The next bytes of the body; empty at its end.
  func read() async throws(HTTPFailure) -> [UInt8] {
    var output: [UInt8] = []
    while output.isEmpty, !isFinished {
      if inlet.isEmpty, try await !fill() {
        guard framing == .untilClose else { throw .truncated }
        isFinished = true
        break
      }
      do throws(HTTPFault) { try take(&output) } catch { throw HTTPFailure(error) }
    }
    received += Int64(output.count)
    return output
  }

  private func take(_ output: inout [UInt8]) throws(HTTPFault) {
    switch framing {
    case .none:
      isFinished = true
    case .length(let length):
      let count = Int(min(length - received, Int64(inlet.available.count)))
      output = inlet.take(count)
      isFinished = received + Int64(count) == length
    case .chunked:
      if decoder.takesAsData(inlet.count) {
        output = inlet.take(inlet.count)
        return
      }
      output.reserveCapacity(inlet.count)
      inlet.consume(try decoder.decode(inlet.available, into: &output))
      isFinished = decoder.isComplete
    case .untilClose:
      output = Array(inlet.available)
      inlet.consume(output.count)
      if received + Int64(output.count) > limits.bodyBytes { throw .bodyTooLarge }
    }
  }

  /// Waits for bytes: not longer than the longest silence, and, over the whole body, not longer than the slowest rate
  /// allows. The time that our own side takes between two reads is not held against the sender.
  private func fill() async throws(HTTPFailure) -> Bool {
    var budget = limits.bodyIdleTime
    if limits.minimumRate > 0 {
      budget = min(budget, budget + .milliseconds(received / Int64(limits.minimumRate) * 1000) - waited)
    }
    inlet.arm(max(.milliseconds(1), budget))
    let before = EventLoop.bootTime()
    defer {
      inlet.disarm()
      waited += EventLoop.bootTime() - before
    }
    do throws(StreamFailure) { return try await inlet.fill() } catch { throw HTTPFailure(error) }
  }
}
