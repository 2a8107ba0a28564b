import Journeys
import Model
import Testing

@Suite("What is done next in a journey")
struct JourneyMachineTests {
  private typealias Rules = JourneyMachine.StepRules

  private func machine(steps: Int, cleanup: Int = 0, end: Duration = .seconds(60)) -> JourneyMachine {
    JourneyMachine(steps: steps, cleanup: cleanup, end: end, cleanupTimeout: .seconds(10))
  }

  /// Feeds events at their uptimes, in seconds, and tells what was done.
  private func actions(
    of machine: JourneyMachine, _ events: [(Double, JourneyMachine.Event)]
  ) -> [JourneyMachine.Action] {
    var machine = machine
    return events.map { machine.handle($1, at: .milliseconds(Int64($0 * 1000))) }
  }

  @Test("steps that hold follow one another, each with the time that is left")
  func inOrder() {
    let done = actions(
      of: machine(steps: 2),
      [
        (0, .begin), (0, .considered(.run, Rules())), (1, .attempted(.held)), (1, .considered(.run, Rules())),
        (2, .attempted(.held)),
      ])
    #expect(
      done == [
        .consider(0), .attempt(0, number: 1, end: .seconds(60)), .consider(1),
        .attempt(1, number: 1, end: .seconds(60)), .finish,
      ])
  }

  @Test("a step that is skipped has no attempt, and a journey of nothing else finishes")
  func skipped() {
    let done = actions(
      of: machine(steps: 2), [(0, .begin), (0, .considered(.skip, Rules())), (0, .considered(.skip, Rules()))])
    #expect(done == [.consider(0), .consider(1), .finish])
  }

  @Test("a failed step ends the steps, and clean-up begins", arguments: [JourneyMachine.Outcome.failed, .settled])
  func failure(outcome: JourneyMachine.Outcome) {
    let done = actions(
      of: machine(steps: 3, cleanup: 1),
      [(0, .begin), (0, .considered(.run, Rules())), (1, .attempted(outcome)), (1, .begin)])
    #expect(done.suffix(2) == [.cleanUp, .consider(0)])
  }

  @Test("a step that says continue lets the others run", arguments: [JourneyMachine.Outcome.failed, .settled])
  func continues(outcome: JourneyMachine.Outcome) {
    let done = actions(
      of: machine(steps: 2),
      [(0, .begin), (0, .considered(.run, Rules(continues: true))), (1, .attempted(outcome))])
    #expect(done.last == .consider(1))
  }

  @Test("a condition without a value ends the steps, unless the step says continue", arguments: [true, false])
  func faultyCondition(continues: Bool) {
    let done = actions(
      of: machine(steps: 2), [(0, .begin), (0, .considered(.fail, Rules(continues: continues)))])
    #expect(done.last == (continues ? .consider(1) : .finish))
  }

  @Test("retry repeats the step with pauses that grow, and the last attempt decides")
  func retries() {
    let rules = Rules(policy: RetryPolicy(attempts: 3, delay: .seconds(2), backoff: 2))
    let done = actions(
      of: machine(steps: 1),
      [
        (0, .begin), (0, .considered(.run, rules)), (1, .attempted(.failed)), (3, .waited), (4, .attempted(.failed)),
        (8, .waited), (9, .attempted(.failed)),
      ])
    #expect(
      done == [
        .consider(0), .attempt(0, number: 1, end: .seconds(60)), .wait(until: .seconds(3)),
        .attempt(0, number: 2, end: .seconds(60)), .wait(until: .seconds(8)),
        .attempt(0, number: 3, end: .seconds(60)), .finish,
      ])
  }

  @Test("what no attempt can change is not repeated")
  func settled() {
    let rules = Rules(policy: RetryPolicy(attempts: 3))
    let done = actions(
      of: machine(steps: 1), [(0, .begin), (0, .considered(.run, rules)), (1, .attempted(.settled))])
    #expect(done.last == .finish)
  }

  @Test("a step's own time-out bounds all its attempts, and never reaches beyond that of the steps")
  func stepTimeout() {
    let rules = Rules(policy: RetryPolicy(attempts: .max, delay: .seconds(3)), timeout: .seconds(5))
    let done = actions(
      of: machine(steps: 1, end: .seconds(12)),
      [(10, .begin), (10, .considered(.run, rules)), (10.5, .attempted(.failed))])
    #expect(done[1] == .attempt(0, number: 1, end: .seconds(12)))
    // The next attempt could not even begin.
    #expect(done[2] == .finish)
  }

  @Test("a step that has no time left fails, even after one that says continue")
  func deadline() {
    let done = actions(
      of: machine(steps: 3, cleanup: 1, end: .seconds(5)),
      [
        (0, .begin), (0, .considered(.run, Rules(continues: true))), (5, .attempted(.held)), (5, .expired),
        (5, .begin),
      ])
    #expect(done.suffix(3) == [.expire(1), .cleanUp, .consider(0)])
  }

  @Test("a pause lasts as long as it says, and is cut short at the deadline")
  func pause() {
    let whole = actions(
      of: machine(steps: 2), [(0, .begin), (0, .considered(.run, Rules(pause: .seconds(2)))), (2, .waited)])
    #expect(whole == [.consider(0), .wait(until: .seconds(2)), .consider(1)])
    let cut = actions(
      of: machine(steps: 2, end: .seconds(1)),
      [(0, .begin), (0, .considered(.run, Rules(pause: .seconds(2)))), (1, .waited), (1, .expired)])
    #expect(cut == [.consider(0), .wait(until: .seconds(1)), .expire(0), .finish])
  }

  @Test("clean-up runs all its steps whatever fails, each within what is left of its own time")
  func cleanup() {
    let rules = Rules(policy: .none)
    let done = actions(
      of: machine(steps: 1, cleanup: 4, end: .seconds(5)),
      [
        (0, .begin), (0, .considered(.run, rules)), (4, .attempted(.held)), (4, .begin),
        (4, .considered(.run, rules)), (9, .attempted(.failed)), (9, .considered(.fail, rules)),
        (9, .considered(.run, rules)), (14, .attempted(.settled)), (14, .expired),
      ])
    #expect(
      done.dropFirst(3) == [
        .consider(0), .attempt(0, number: 1, end: .seconds(14)), .consider(1), .consider(2),
        .attempt(2, number: 1, end: .seconds(14)), .expire(3), .finish,
      ])
    #expect(done[2] == .cleanUp)
  }

  @Test("clean-up ends with the run, but has all its time after a cancellation")
  func cleanupAtTheEnd() {
    func machine() -> JourneyMachine {
      JourneyMachine(
        steps: 1, cleanup: 1, end: .seconds(50), cleanupTimeout: .seconds(10), runEnd: .seconds(55))
    }
    let late = actions(
      of: machine(),
      [
        (0, .begin), (0, .considered(.run, Rules())), (50, .attempted(.failed)), (50, .begin),
        (50, .considered(.run, Rules())),
      ])
    #expect(late.last == .attempt(0, number: 1, end: .seconds(55)))
    let cancelled = actions(
      of: machine(),
      [
        (0, .begin), (0, .considered(.run, Rules())), (50, .cancelled), (50, .begin), (50, .considered(.run, Rules())),
      ])
    #expect(cancelled.last == .attempt(0, number: 1, end: .seconds(60)))
  }

  @Test(
    "a cancellation ends the steps from wherever they are",
    arguments: [
      [], [.considered(.run, Rules())], [.considered(.run, Rules(pause: .seconds(9)))],
      [.considered(.run, Rules(policy: RetryPolicy(attempts: 2))), .attempted(.failed)],
    ] as [[JourneyMachine.Event]])
  func cancelled(before: [JourneyMachine.Event]) {
    let events = [.begin] + before + [.cancelled]
    #expect(actions(of: machine(steps: 2, cleanup: 1), events.map { (0, $0) }).last == .cleanUp)
    #expect(actions(of: machine(steps: 2), events.map { (0, $0) }).last == .finish)
  }
}
