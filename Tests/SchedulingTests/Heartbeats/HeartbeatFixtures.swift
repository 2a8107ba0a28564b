import Model
import Scheduling
import Synchronization

/// A check whose job reports each ten minutes, with two minutes of grace.
func makeHeartbeat(
  _ id: String = "backup", every interval: Duration = .minutes(10), grace: Duration = .minutes(2),
  isEnabled: Bool = true, movedFrom: CheckID? = nil
) throws -> Check {
  guard let id = CheckID(id) else { throw InvalidCheckID(text: id) }
  return Check(
    id: id, movedFrom: movedFrom, kind: .heartbeat, interval: interval, timeout: interval, isEnabled: isEnabled,
    heartbeat: Heartbeat(grace: grace), location: SourceLocation(file: "checks.yaml", line: 1, column: 1))
}

/// A machine with clocks beside it, which begin at the start of a slot.
struct HeartbeatBench {
  let check: Check
  var machine: HeartbeatMachine
  /// The slot that the bench began in.
  let first: Slot
  private var moment: Moment

  init(_ check: Check, state: HeartbeatState? = nil, after delay: Duration = .zero) {
    self.check = check
    first = check.grid.firstSlot(startingFrom: epoch)
    moment = Moment(wall: first.start + delay, uptime: .seconds(77) + delay)
    machine = HeartbeatMachine(check, state: state, at: moment)
  }

  /// What the wall clock shows.
  var now: Timestamp { moment.wall }

  /// Lets time pass to so long after the begin, clocks that were set left as they are.
  mutating func advance(to elapsed: Duration) -> [String] {
    let step = elapsed + .seconds(77) - moment.uptime
    moment.wall = moment.wall + step
    moment.uptime += step
    let actions = machine.advance(to: moment)
    return words(actions)
  }

  /// Sets the wall clock alone.
  mutating func setClock(by offset: Duration) -> [String] {
    moment.wall = moment.wall + offset
    let actions = machine.advance(to: moment)
    return words(actions)
  }

  /// Takes a report in, of now unless said otherwise.
  mutating func report(
    _ kind: HeartbeatSignal.Kind, ago: Duration = .zero, duration: Duration? = nil, output: String? = nil
  ) -> [String] {
    let actions = machine.receive(
      HeartbeatSignal(check: check.id, kind: kind, at: moment.wall - ago, duration: duration, output: output))
    return words(actions)
  }

  /// `up 3` is slot 3 from the begin that is up; a late one stands in brackets.
  private func words(_ actions: [HeartbeatMachine.Action]) -> [String] {
    actions.map { action in
      switch action {
      case .record(let decision):
        let text = "\(decision.verdict.rawValue) \(decision.slot.number - first.number)"
        return decision.isLate ? "(\(text))" : text
      case .missed(let missed):
        return "missed \(missed.numbers.lowerBound - first.number)-\(missed.numbers.upperBound - first.number)"
      }
    }
  }
}

/// Keeps what it is told.
final class RunCollector: RunSink {
  private let all = Mutex<[Run]>([])
  private let slots = Mutex<[MissedSlots]>([])

  var runs: [Run] { all.withLock { $0 } }
  var missed: [MissedSlots] { slots.withLock { $0 } }

  func record(_ run: Run) { all.withLock { $0.append(run) } }
  func record(_ missed: MissedSlots, in region: String) { slots.withLock { $0.append(missed) } }
}

/// A store in memory.
final class HeartbeatMemory: HeartbeatStore {
  struct Failure: Error {}

  private struct Content {
    var states: [CheckID: HeartbeatState] = [:]
    var keys: [CheckID: Set<String>] = [:]
    var isBroken = false
  }

  private let content = Mutex(Content())

  func breakDown(_ isBroken: Bool = true) { content.withLock { $0.isBroken = isBroken } }

  private func access<Result: Sendable>(_ body: (inout Content) -> Result) throws -> Result {
    try content.withLock { content in
      if content.isBroken { throw Failure() }
      return body(&content)
    }
  }

  func heartbeats() async throws -> [HeartbeatState] { try access { Array($0.states.values) } }

  func keep(_ state: HeartbeatState, keys: [String], at now: Timestamp) async throws {
    try access { content in
      content.states[state.check] = state
      content.keys[state.check, default: []].formUnion(keys)
    }
  }

  func rememberedKeys(of check: CheckID, among keys: [String], at now: Timestamp) async throws -> Set<String> {
    try access { $0.keys[check, default: []].intersection(keys) }
  }
}
