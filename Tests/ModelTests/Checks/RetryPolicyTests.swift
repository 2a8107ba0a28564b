import Model
import Testing

@Suite("The pauses of a retry")
struct RetryPolicyTests {
  @Test("are all alike without a backoff")
  func even() {
    let policy = RetryPolicy(attempts: 1000, delay: .milliseconds(100))
    #expect([1, 2, 999].map(policy.pause(afterAttempt:)) == Array(repeating: .milliseconds(100), count: 3))
  }

  @Test("grow by the backoff, to the nanosecond")
  func grow() {
    let policy = RetryPolicy(attempts: 5, delay: .milliseconds(100), backoff: 2)
    #expect((1...4).map(policy.pause(afterAttempt:)) == [100, 200, 400, 800].map { .milliseconds($0) })
  }

  @Test("end at a day, however fast they grow and however many there are", arguments: [1e21, 1e308, 1.5])
  func bounded(backoff: Double) {
    let policy = RetryPolicy(attempts: .max, delay: .seconds(1), backoff: backoff)
    #expect(policy.pause(afterAttempt: 1) == .seconds(1))
    #expect(policy.pause(afterAttempt: 1000) == .days(1))
    #expect(policy.pause(afterAttempt: .max) == .days(1))
    #expect(RetryPolicy(attempts: 3, delay: .days(1), backoff: backoff).pause(afterAttempt: 3) == .days(1))
  }

  @Test("stay nothing where they begin as nothing")
  func none() {
    #expect(RetryPolicy(attempts: .max, delay: .zero, backoff: 1e300).pause(afterAttempt: .max) == .zero)
  }
}
