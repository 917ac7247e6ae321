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

  /// How many there are.
  var count: Int { underWay.count }

  /// Registers one; answers the number under which it ends.
  func begin(_ transfer: Transfer) throws(Refusal) -> Int {
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

  /// Asks each transfer whether it may go on, and cuts those that may not.
  func judge() async {
    for (number, transfer) in underWay.sorted(by: { $0.key < $1.key }) {
      guard underWay[number] != nil else { continue }
      if await !transfer.mayGoOn() { cut(number) }
    }
  }

  private func reset(_ matches: (Transfer) -> Bool) {
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
