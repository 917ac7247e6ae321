import EventLoop
import Glibc
import TestLoop
import Testing

private enum Odd: Error, Equatable { case number(Int) }

@Suite struct OffloadTests {
  @Test func workRunsOnAnotherThreadAndItsErrorsKeepTheirType() async {
    let here = pthread_self()
    let there = await EventLoop.offload { pthread_self() }
    #expect(here != there)
    #expect(pthread_self() == here)
    do throws(Odd) {
      try await EventLoop.offload { () throws(Odd) in throw Odd.number(3) }
      Issue.record("it threw nothing")
    } catch {
      #expect(error == .number(3))
    }
  }

  @Test func manyPiecesOfWorkAllComeBack() async {
    let tasks = (0..<500).map { number in Task { await EventLoop.offload { number * 2 } } }
    var sum = 0
    for task in tasks { sum += await task.value }
    #expect(sum == 499 * 500)
  }

  @Test func tasksThatBelongNowhereRunOnTheLoop() async {
    let here = UInt(pthread_self())
    let detached = await Task.detached { @concurrent in UInt(pthread_self()) }.value
    #expect(detached == here)
  }
}
