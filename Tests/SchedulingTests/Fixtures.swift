import Model
import Scheduling

/// Where the tests' wall clock begins; some uptime goes with it that is no round number.
let epoch = Timestamp(secondsSinceEpoch: 1_767_225_600)

/// A check of one host, or of none.
func makeCheck(
  _ id: String, every interval: Duration = .seconds(10), timeout: Duration = .seconds(5), host: String? = nil,
  isEnabled: Bool = true
) throws -> Check {
  guard let id = CheckID(id) else { throw InvalidCheckID(text: id) }
  return Check(
    id: id, kind: .http, interval: interval, timeout: timeout, isEnabled: isEnabled, host: host,
    location: SourceLocation(file: "checks.yaml", line: 1, column: 1))
}

struct InvalidCheckID: Error {
  let text: String
}

/// A machine with a clock beside it: uptime follows the wall clock unless a test sets them apart.
struct Bench {
  var machine: SchedulerMachine
  var moment = Moment(wall: epoch, uptime: .seconds(77))

  init(limits: ConcurrencyLimits = .standard) {
    machine = SchedulerMachine(limits: limits, at: moment)
  }

  /// Lets time pass up to `wall`, then tells the event.
  mutating func at(_ wall: Timestamp, _ event: SchedulerMachine.Event) -> [SchedulerMachine.Action] {
    moment.uptime += wall - moment.wall
    moment.wall = wall
    return machine.handle(event, at: moment)
  }

  /// Sets the wall clock alone, then tells the event.
  mutating func clockSet(to wall: Timestamp, _ event: SchedulerMachine.Event) -> [SchedulerMachine.Action] {
    moment.wall = wall
    return machine.handle(event, at: moment)
  }

  /// The action that waits for so long from now.
  func wait(_ duration: Duration) -> SchedulerMachine.Action {
    .wait(untilUptime: moment.uptime + duration)
  }
}

extension Check {
  /// The slot that comes so many slots after the first one from `epoch` on.
  func slot(_ index: Int64) -> Slot {
    grid.slot(number: grid.firstSlot(startingFrom: epoch).number + index)
  }

  /// The start of a slot's run with that lag.
  func start(_ slot: Slot, lag: Duration = .zero) -> SchedulerMachine.Action {
    let window = StartWindow(interval: interval, timeout: timeout)
    return .start(
      SlotStart(check: id, slot: slot, lag: lag, latestLag: window.latestStart, budget: window.end - lag))
  }

  /// The count of slots that were missed, both ends included.
  func missed(_ first: Int64, through last: Int64, _ cause: MissedSlots.Cause) -> SchedulerMachine.Action {
    .missed(MissedSlots(check: id, grid: grid, numbers: slot(first).number...slot(last).number, cause: cause))
  }
}

extension [SchedulerMachine.Action] {
  /// The checks that are started, in order.
  var started: [CheckID] {
    compactMap { if case .start(let start) = $0 { start.check } else { nil } }
  }

  /// All but the waits, for tests in which they do not matter.
  var decisions: [SchedulerMachine.Action] {
    filter { if case .wait = $0 { false } else { true } }
  }
}
