import API
import Core

/// Who listens to the event stream, and the bell that wakes them. Holds no events: a listener that wakes reads on where
/// it stands, so a slow one costs nothing but its own delay.
@MainActor final class EventFeed {
  private var listeners: [OrganizationName: Listener] = [:]
  private var isClosed = false

  /// The connection of one node.
  @MainActor final class Listener {
    /// Why it was woken.
    enum Call {
      /// There may be something new.
      case news
      /// It has been quiet for a while: a sign of life is due.
      case beat
      /// What is there may still be sent, then the stream ends.
      case over
    }

    let exchange: Exchange
    private var isOver = false
    private var hasNews = false
    private var isBeat = false
    private var waiting: UnsafeContinuation<Void, Never>?

    init(exchange: Exchange) { self.exchange = exchange }

    /// The next reason to act; those that came while nobody waited count.
    func next() async -> Call {
      while true {
        if isOver || Task.isCancelled { return .over }
        if hasNews {
          hasNews = false
          return .news
        }
        if isBeat {
          isBeat = false
          return .beat
        }
        await withTaskCancellationHandler {
          await withUnsafeContinuation { waiting = $0 }
        } onCancel: {
          Task { @MainActor in self.wake() }
        }
      }
    }

    func call(_ call: Call) {
      switch call {
      case .news: hasNews = true
      case .beat: isBeat = true
      case .over: isOver = true
      }
      wake()
    }

    private func wake() {
      let waiting = waiting
      self.waiting = nil
      waiting?.resume()
    }
  }

  /// A new stream of an organization's node; the one that it had is ended at once, whatever its reader does.
  func open(_ organization: OrganizationName, exchange: Exchange) -> Listener {
    let listener = Listener(exchange: exchange)
    if let older = listeners.updateValue(listener, forKey: organization) {
      older.call(.over)
      older.exchange.reset()
    }
    if isClosed { listener.call(.over) }
    return listener
  }

  /// The stream has ended.
  func leave(_ organization: OrganizationName, _ listener: Listener) {
    if listeners[organization] === listener { listeners[organization] = nil }
  }

  /// Organizations whose nodes listen now.
  var connected: [OrganizationName] { listeners.keys.sorted() }

  /// Wakes everybody.
  func call(_ call: Listener.Call) {
    for listener in listeners.values { listener.call(call) }
  }

  /// Ends the stream of one organization, after what it still has to hear.
  func end(_ organization: OrganizationName) { listeners[organization]?.call(.over) }

  /// Ends all streams, and those that are still to come.
  func close() {
    isClosed = true
    call(.over)
  }
}
