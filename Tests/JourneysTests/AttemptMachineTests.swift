import Journeys
import Model
import Testing

@Suite("The attempts of a run")
struct AttemptMachineTests {
  private func machine(
    attempts: Int = 3, delay: Duration = .seconds(1), backoff: Double = 1, timeout: Duration = .seconds(10),
    end: Duration = .seconds(1000)
  ) -> AttemptMachine {
    AttemptMachine(
      policy: RetryPolicy(attempts: attempts, delay: delay, backoff: backoff), timeout: timeout, end: end)
  }

  @Test("begin at once and are each bounded by the time-out")
  func first() {
    var machine = machine()
    #expect(machine.start(at: .seconds(100)) == .attempt(number: 1, end: .seconds(110)))
  }

  @Test("are as many as the policy says, the first counted")
  func count() {
    var machine = machine(attempts: 2)
    _ = machine.start(at: .zero)
    #expect(machine.attemptFailed(at: .seconds(3)) == .pause(until: .seconds(4)))
    #expect(machine.pauseEnded(at: .seconds(4)) == .attempt(number: 2, end: .seconds(14)))
    #expect(machine.attemptFailed(at: .seconds(5)) == .finish)
  }

  @Test("wait longer each time under a backoff")
  func backoff() {
    var machine = machine(attempts: 4, delay: .seconds(2), backoff: 1.5)
    _ = machine.start(at: .zero)
    var pauses: [Duration] = []
    while case .pause(let until) = machine.attemptFailed(at: .zero) {
      pauses.append(until)
      _ = machine.pauseEnded(at: .zero)
    }
    #expect(pauses == [.seconds(2), .seconds(3), .milliseconds(4500)])
  }

  @Test("are cut by the end of the run's budget")
  func budgetCuts() {
    var machine = machine(end: .seconds(12))
    #expect(machine.start(at: .zero) == .attempt(number: 1, end: .seconds(10)))
    _ = machine.attemptFailed(at: .seconds(6))
    #expect(machine.pauseEnded(at: .seconds(7)) == .attempt(number: 2, end: .seconds(12)))
  }

  @Test("end when the next one could not begin within the budget")
  func budgetEnds() {
    var machine = machine(end: .seconds(5))
    _ = machine.start(at: .zero)
    #expect(machine.attemptFailed(at: .seconds(4)) == .finish)
  }

  @Test("end when a pause took longer than was asked, past the budget")
  func stalled() {
    var machine = machine(end: .seconds(5))
    _ = machine.start(at: .zero)
    #expect(machine.attemptFailed(at: .seconds(2)) == .pause(until: .seconds(3)))
    #expect(machine.pauseEnded(at: .seconds(5)) == .finish)
  }
}
