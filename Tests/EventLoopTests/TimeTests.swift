import EventLoop
import Glibc
import TestLoop
import Testing

@Suite struct TimeTests {
  @Test func timersFireInOrderAndNotEarly() async throws {
    try await withNoLeakedHandles {
      var order: [Int] = []
      let start = EventLoop.bootTime()
      let tasks = [30, 10, 20].map { milliseconds in
        Task {
          try await EventLoop.sleep(for: .milliseconds(milliseconds))
          #expect(EventLoop.bootTime() - start >= .milliseconds(milliseconds))
          order.append(milliseconds)
        }
      }
      for task in tasks { try await task.value }
      #expect(order == [10, 20, 30])
    }
  }

  @Test func aWatchdogFiresOncePerArmAndNotWhenDisarmed() async throws {
    try await withNoLeakedHandles {
      var fired = 0
      let watchdog = Watchdog { fired += 1 }
      watchdog.arm(after: .milliseconds(5))
      watchdog.disarm()
      try await EventLoop.sleep(for: .milliseconds(20))
      #expect(fired == 0)
      watchdog.arm(after: .milliseconds(1))
      try await EventLoop.sleep(for: .milliseconds(20))
      #expect(fired == 1)
    }
  }

  @Test func theStandardLibrarysSleepWorksOnTheLoop() async throws {
    let start = EventLoop.bootTime()
    try await Task.sleep(for: .milliseconds(5))
    #expect(EventLoop.bootTime() - start >= .milliseconds(5))
  }

  @Test func wallTimeIsTheCalendar() {
    #expect(abs(EventLoop.wallTime() / 1_000_000 - Int64(time(nil))) <= 1)
  }
}
