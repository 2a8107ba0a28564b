import Model
import Scheduling

/// Small, fast and the same everywhere (SplitMix64), so that a seed names one story.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(seed: Int) {
    state = UInt64(bitPattern: Int64(seed)) &* 0x9e37_79b9_7f4a_7c15
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }

  /// True once in `sides` throws.
  mutating func oneIn(_ sides: Int) -> Bool { Int.random(in: 0..<sides, using: &self) == 0 }

  mutating func duration(upTo bound: Duration) -> Duration {
    .nanoseconds(Int64.random(in: 0...bound.nanoseconds, using: &self))
  }
}

/// A random story told to the machine: plans, runs of any length, stalls, and a wall clock that is set, with everything
/// on record that the machine decided.
struct Simulation {
  struct Start: Hashable {
    var start: SlotStart
    var at: Moment
    var host: String?
  }

  private(set) var actions: [SchedulerMachine.Action] = []
  private(set) var starts: [Start] = []
  private(set) var missed: [MissedSlots] = []
  /// What must have been either started or missed: each slot that began while its check was planned.
  private(set) var expected: [CheckID: Set<Slot>] = [:]
  /// Broken rules, in words.
  private(set) var violations: [String] = []

  private let limits: ConcurrencyLimits
  private var dice: Dice
  private var machine: SchedulerMachine
  private var moment: Moment
  private var plan: [Check] = []
  private var plannedFrom: [CheckID: Timestamp] = [:]
  private var running: [CheckID: (host: String?, endsAt: Duration)] = [:]
  private var waits: Set<Duration> = []
  private let setsClock: Bool
  private var latestWall: Timestamp
  /// While every run takes a millisecond only, so that nobody waits for a place.
  private var isCalm = false

  init(seed: Int, setsClock: Bool) {
    dice = Dice(seed: seed)
    limits = ConcurrencyLimits(
      global: Int.random(in: 1...8, using: &dice), perHost: Int.random(in: 1...3, using: &dice))
    moment = Moment(wall: epoch + dice.duration(upTo: .days(300)), uptime: dice.duration(upTo: .hours(5)))
    machine = SchedulerMachine(limits: limits, at: moment)
    self.setsClock = setsClock
    latestWall = moment.wall
  }

  /// Tells the story to its end: a stop, and the end of every run.
  mutating func run(events: Int) {
    replan()
    for _ in 0..<events {
      if dice.oneIn(60) {
        replan()
      } else if !step() {
        break
      }
      if setsClock && dice.oneIn(80) {
        let span: Duration = dice.oneIn(4) ? .days(2) : .seconds(90)
        moment.wall = moment.wall + dice.duration(upTo: span) - dice.duration(upTo: span)
      }
      if dice.oneIn(50) { pass(dice.duration(upTo: .seconds(40))) }
    }
    if setsClock { settle() }
    for check in plan { closePeriod(of: check, at: moment.wall) }
    tell(.stop)
    let startsBefore = starts.count
    while let next = running.min(by: { $0.value.endsAt < $1.value.endsAt }) {
      end(next.key)
    }
    tell(.timer)
    if starts.count > startsBefore { violations.append("something was started after the stop") }
    if actions.filter({ $0 == .stopped }).count != 1 { violations.append("the machine did not stop once") }
  }

  /// Sets the clock beyond everything that was lived through: every check must then run again within two intervals.
  private mutating func settle() {
    isCalm = true
    while let next = running.min(by: { $0.value.endsAt < $1.value.endsAt }) { end(next.key) }
    moment.wall = latestWall + .days(3)
    tell(.timer)
    let startsBefore = starts.count
    let longest = plan.map(\.interval).max() ?? .zero
    let end = moment.uptime + longest * 2 + .seconds(2)
    while moment.uptime < end, step() {}
    let started = Set(starts[startsBefore...].map(\.start.check))
    for check in plan where !started.contains(check.id) { violations.append("\(check.id) never started again") }
  }

  private mutating func pass(_ duration: Duration) {
    moment.wall = moment.wall + duration
    moment.uptime += duration
  }

  /// The next thing that happens by itself; false when nothing ever will.
  private mutating func step() -> Bool {
    let end = running.min { ($0.value.endsAt, $0.key) < ($1.value.endsAt, $1.key) }
    guard let wait = waits.min() else {
      guard let end else { return false }
      self.end(end.key)
      return true
    }
    if let end, end.value.endsAt <= wait {
      self.end(end.key)
    } else {
      waits.remove(wait)
      pass(max(.zero, wait - moment.uptime) + dice.duration(upTo: .milliseconds(2)))
      tell(.timer)
    }
    return true
  }

  private mutating func end(_ id: CheckID) {
    guard let run = running.removeValue(forKey: id) else { return }
    pass(max(.zero, run.endsAt - moment.uptime))
    tell(.runEnded(id))
  }

  private mutating func replan() {
    pass(dice.duration(upTo: .milliseconds(300)))
    let intervals: [Duration] = [.milliseconds(200), .seconds(1), .seconds(5), .seconds(10), .seconds(60)]
    var next: [Check] = []
    for number in 0..<10 {
      guard var check = try? makeCheck("check-\(number)") else { continue }
      if let old = plan.first(where: { $0.id == check.id }), !dice.oneIn(5) {
        check = old
      } else if dice.oneIn(3) {
        continue
      } else {
        check.interval = intervals.randomElement(using: &dice) ?? .seconds(1)
        check.timeout = min(check.interval, dice.duration(upTo: .seconds(10)) + .milliseconds(1))
        check.host = ["a.example", "b.example", nil].randomElement(using: &dice) ?? nil
        check.isEnabled = !dice.oneIn(6)
      }
      next.append(check)
    }
    let before = Dictionary(uniqueKeysWithValues: plan.map { ($0.id, $0) })
    let after = Dictionary(uniqueKeysWithValues: next.filter(\.isEnabled).map { ($0.id, $0) })
    for old in plan where after[old.id]?.interval != old.interval { closePeriod(of: old, at: moment.wall) }
    for new in after.values where before[new.id]?.interval != new.interval {
      // Strictly later, so that no slot can belong to both of its grids.
      plannedFrom[new.id] = moment.wall + .nanoseconds(1)
    }
    plan = next.filter(\.isEnabled)
    tell(.planChanged(next))
  }

  private mutating func closePeriod(of check: Check, at end: Timestamp) {
    guard let from = plannedFrom[check.id] else { return }
    var slot = check.grid.firstSlot(startingFrom: from)
    while !setsClock && slot.start <= end {
      expected[check.id, default: []].insert(slot)
      slot = check.grid.slot(number: slot.number + 1)
    }
  }

  private mutating func tell(_ event: SchedulerMachine.Event) {
    latestWall = max(latestWall, moment.wall)
    let answer = machine.handle(event, at: moment)
    actions += answer
    for action in answer {
      switch action {
      case .start(let start): begin(start)
      case .missed(let slots): missed.append(slots)
      case .wait(let deadline):
        waits.insert(deadline)
        if deadline < moment.uptime + SchedulerMachine.coalescing
          || deadline > moment.uptime + SchedulerMachine.longestWait
        {
          violations.append("a wait of \(deadline - moment.uptime)")
        }
      case .stopped:
        if !running.isEmpty { violations.append("stopped with \(running.count) runs under way") }
      }
    }
    if machine.inFlight != running.count { violations.append("\(machine.inFlight) in flight, not \(running.count)") }
  }

  private mutating func begin(_ start: SlotStart) {
    guard let check = plan.first(where: { $0.id == start.check }) else {
      violations.append("\(start.check) was started, and is not in the plan")
      return
    }
    if running[check.id] != nil { violations.append("\(check.id) met itself") }
    let onHost = running.values.filter { $0.host == check.host }.count
    if check.host != nil && onHost >= limits.perHost { violations.append("\(onHost + 1) runs towards one host") }
    if running.count >= limits.global { violations.append("\(running.count + 1) runs") }
    let window = StartWindow(interval: check.interval, timeout: check.timeout)
    if start.lag < .zero || start.lag > window.latestStart { violations.append("a lag of \(start.lag)") }
    if start.lag + start.budget != window.end { violations.append("a budget of \(start.budget)") }
    if !setsClock && moment.wall - start.slot.start != start.lag { violations.append("a lag that is not true") }
    // Mostly within the budget, as the contract wants it; some overrun it.
    let length =
      isCalm ? .milliseconds(1) : dice.duration(upTo: dice.oneIn(12) ? check.interval * 3 : start.budget)
    running[check.id] = (check.host, moment.uptime + (dice.oneIn(2) ? length : length / 20))
    starts.append(Start(start: start, at: moment, host: check.host))
  }
}
