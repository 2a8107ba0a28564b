import Model
import Testing

@Suite("The machine's clocks")
struct SystemTimeTests {
  private let time = SystemTime()

  @Test("sleep until the time is reached, and never a little less")
  func sleeps() async throws {
    for _ in 0..<20 {
      let deadline = time.uptime + .microseconds(300)
      try await time.sleep(untilUptime: deadline)
      #expect(time.uptime >= deadline)
    }
  }

  @Test("do not sleep for a time that has passed")
  func past() async throws {
    try await time.sleep(untilUptime: .seconds(-1))
  }

  @Test(
    "end a sleep when the task is cancelled, one that has no time left too",
    arguments: [Duration.days(1), .seconds(-1)])
  func cancelled(left: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.cancelAll()
      group.addTask {
        await #expect(throws: CancellationError.self) { try await time.sleep(untilUptime: time.uptime + left) }
      }
    }
  }
}
