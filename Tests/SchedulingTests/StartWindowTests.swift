import Scheduling
import Testing

@Suite("A slot's window")
struct StartWindowTests {
  @Test(
    "leaves the timeout, or three quarters of the interval, before 99 % of it has passed",
    arguments: [
      (Duration.seconds(10), Duration.seconds(5), Duration.milliseconds(4900), Duration.milliseconds(9900)),
      (.seconds(10), .seconds(10), .milliseconds(2400), .milliseconds(9900)),
      (.seconds(60), .milliseconds(400), .seconds(59), .milliseconds(59_400)),
      (.milliseconds(1), .seconds(1), .microseconds(240), .microseconds(990)),
      (.seconds(3_153_600_000), .seconds(10), .seconds(3_122_063_990), .seconds(3_122_064_000)),
    ])
  func window(interval: Duration, timeout: Duration, latestStart: Duration, end: Duration) {
    let window = StartWindow(interval: interval, timeout: timeout)
    #expect(window.latestStart == latestStart)
    #expect(window.end == end)
  }
}
