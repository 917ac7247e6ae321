import API
import EventLoop

/// Everything that is being sent to partners right now, so that it can be cut the moment its right ends.
final class Transfers {
  /// One transfer under way.
  struct Transfer {
    let grant: String
    let organization: String
    let channel: String
    let exchange: Exchange
    /// Asked again while it lasts: whether it may go on.
    let mayGoOn: () async -> Bool
  }

  private var underWay: [Int: Transfer] = [:]
  private var next = 0
  /// Counts what cut or could have cut transfers: a right that was found before such a moment is looked at again.
  private(set) var cuts = 0

  private var throttles: [String: Throttle] = [:]

  /// What all that is sent under a grant shares: many requests at once, or one after another, are no way around a rate.
  func throttle(of grant: String, bytesPerSecond: Int64) -> Throttle {
    if let throttle = throttles[grant] { return throttle }
    if throttles.count >= NodeLimits.throttles { throttles = [:] }
    let throttle = Throttle(bytesPerSecond: bytesPerSecond)
    throttles[grant] = throttle
    return throttle
  }

  /// How many there are.
  var count: Int { underWay.count }

  private var isClosed = false

  /// Registers one; answers the number under which it ends.
  func begin(_ transfer: Transfer) throws(Refusal) -> Int {
    guard !isClosed else {
      throw Refusal(.unreachable, "this node is stopping", hint: "try again when it runs", rule: "stopping")
    }
    guard underWay.count < NodeLimits.transfers else {
      throw Refusal(
        .limit, "this node serves \(NodeLimits.transfers) transfers already", hint: "try again later",
        rule: "transfers")
    }
    next += 1
    underWay[next] = transfer
    return next
  }

  /// It is over.
  func end(_ number: Int) { underWay.removeValue(forKey: number) }

  /// Cuts the transfers of a grant.
  func reset(grant: String) { reset { $0.grant == grant } }

  /// Cuts the transfers through a channel.
  func reset(channel: String) { reset { $0.channel == channel } }

  /// Cuts the transfers to an organization.
  func reset(organization: String) { reset { $0.organization == organization } }

  /// Cuts all.
  func resetAll() { reset { _ in true } }

  /// Cuts all, and begins no more.
  func close() {
    isClosed = true
    resetAll()
  }

  /// Asks each transfer whether it may go on, and cuts those that may not.
  func judge() async {
    for (number, transfer) in underWay.sorted(by: { $0.key < $1.key }) {
      guard underWay[number] != nil else { continue }
      if await !transfer.mayGoOn() { cut(number) }
    }
  }

  private func reset(_ matches: (Transfer) -> Bool) {
    cuts += 1
    for (number, transfer) in underWay where matches(transfer) { cut(number) }
  }

  private func cut(_ number: Int) { underWay.removeValue(forKey: number)?.exchange.reset() }
}

extension NodeService {
  /// Judges transfers under way again and again: expiry and the end of a lease come by time alone.
  func watchTransfers() async {
    while (try? await EventLoop.sleep(for: NodeLimits.transferInterval)) != nil {
      if transfers.count > 0 { await transfers.judge() }
    }
  }
}
