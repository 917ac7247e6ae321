import API
import SwiftProtobuf
import TestLoop
import Testing

/// What a dispatcher remembers, seen from its way in.
@Suite struct MemoryTests {
  /// A dispatcher whose service counts how often it is asked.
  @MainActor final class Node {
    var generation: UInt64 = 0
    var asked = 0
    /// What happens while an answer is made.
    var meanwhile: () -> Void = {}
    private(set) lazy var dispatcher: Dispatcher = {
      let dispatcher = Dispatcher(daemon: .node, generation: { [unowned self] in generation }) { _, _, _, _ in "" }
      dispatcher.onLog(Operations.listVersions) { [unowned self] request async throws(Refusal) in
        try await answer(request)
      }
      return dispatcher
    }()

    private func answer(_ request: V1ListVersionsRequest) async throws(Refusal) -> V1ListVersionsResponse {
      asked += 1
      meanwhile()
      if request.dataset == "none" { throw Refusal(.notFound, "no such dataset") }
      let message = "\(request.dataset) \(asked)"
      return .with { $0.versions = [.with { $0.message = message }] }
    }

    func ask(_ dataset: String, by caller: Caller = .local(uid: 0), _ coding: Coding = .json) async throws -> String {
      let request = try coding.encode(V1ListVersionsRequest.with { $0.dataset = dataset })
      var answer: [UInt8] = []
      try await dispatcher.perform(
        Operations.listVersions.name, caller: caller, coding: coding,
        next: { () async throws(Refusal) in request }, emit: { (bytes) async throws(Refusal) in answer = bytes })
      return try coding.decode(V1ListVersionsResponse.self, from: answer).versions[0].message
    }
  }

  @Test func theSameQuestionIsAnsweredOnceUntilSomethingIsWritten() async throws {
    let node = Node()
    #expect(try await node.ask("a") == "a 1")
    #expect(try await node.ask("a") == "a 1")
    #expect(try await node.ask("b") == "b 2")
    #expect(try await node.ask("a", .proto) == "a 3")
    #expect(try await node.ask("a", by: .local(uid: 7)) == "a 1")
    node.generation += 1
    #expect(try await node.ask("a") == "a 4")
    #expect(try await node.ask("b") == "b 5")
    #expect(node.asked == 5)
  }

  @Test func whatWasMadeWhileSomethingWasWrittenIsNotKept() async throws {
    let node = Node()
    node.meanwhile = { node.generation += 1 }
    #expect(try await node.ask("a") == "a 1")
    node.meanwhile = {}
    #expect(try await node.ask("a") == "a 2")
    #expect(try await node.ask("a") == "a 2")
  }

  @Test func whoMayAskIsDecidedEachTime() async throws {
    let node = Node()
    _ = try await node.ask("a")
    for stranger in [Caller.anonymous, .node(organization: "acme", node: "n", tlsKey: "", expired: false)] {
      await #expect(throws: Refusal.self) { try await node.ask("a", by: stranger) }
    }
    #expect(node.asked == 1)
  }

  @Test func refusalsAreNotRemembered() async throws {
    let node = Node()
    for _ in 1...2 { await #expect(throws: Refusal.self) { try await node.ask("none") } }
    #expect(node.asked == 2)
  }

  @Test func thereIsABoundToIt() async throws {
    let node = Node()
    let long = String(repeating: "x", count: 70_000)
    for _ in 1...2 { _ = try await node.ask(long) }
    #expect(node.asked == 2, "a question beyond the bound is not kept")
    // Each takes about 40 kB with its answer: 4 MiB hold a hundred of them.
    let first = "0" + String(repeating: "y", count: 20_000)
    for number in 0..<150 { _ = try await node.ask("\(number)" + first.dropFirst()) }
    let before = node.asked
    _ = try await node.ask(first)
    #expect(node.asked == before + 1, "what no longer fits is gone")
  }
}
