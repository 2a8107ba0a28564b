package import Model

/// Decides what each slot of one heartbeat check was: a pure value that is told what the job reported and what time it is.
///
/// - A report is due one interval and the grace after the one before. When it is overdue the slot of that moment is down
///   at once, and so is every slot after it that ends without a report.
/// - A failure is down at once, a success up at once. A slot that ends without a report while none is overdue is what the
///   last report was. Before the first report ever nothing is expected.
/// - What is overdue is measured by uptime: a clock that somebody sets makes no job late. Slots that a clock leaps over are
///   missed, those that it goes back to are decided already.
/// - A report of an earlier time goes to the slot of its time, where that was never decided.
package struct HeartbeatMachine: Sendable {
  /// What a slot was.
  package struct Decision: Hashable, Sendable {
    package var slot: Slot
    /// When it became known.
    package var at: Timestamp
    package var verdict: Verdict
    package var reason: Reason?
    /// How long the job took; nil where nobody told, or no report decided.
    package var duration: Duration?
    /// Whether it is of a time that has passed: it is for history alone, and says nothing of how the check stands.
    package var isLate: Bool
  }

  /// What is to be done.
  package enum Action: Hashable, Sendable {
    case record(Decision)
    case missed(MissedSlots)
  }

  /// The check, whose interval is the job's rhythm.
  package private(set) var check: Check
  /// What is kept across restarts.
  package private(set) var state: HeartbeatState
  private var grid: SlotGrid
  /// The first slot that is not decided by its end.
  private var next: Slot
  private var clock: Moment
  /// How far wall time leapt since the last report, which uptime did not.
  private var shift = Duration.zero
  /// The slot that was decided last, and how.
  private var decided: (number: Int64, verdict: Verdict)?
  /// Whether it was told that the report is overdue.
  private var isOverdue = false
  /// Where a leap forward led, and the first slot that it passed over: the clock may go back.
  private var lastLeap: (target: Timestamp, next: Slot)?

  /// How far both clocks may drift apart between two looks without being taken for a leap.
  private static let drift = Duration.seconds(1)

  /// A machine for a job whose state was kept, or is not known yet.
  package init(_ check: Check, state: HeartbeatState? = nil, at moment: Moment) {
    self.check = check
    self.state = state ?? HeartbeatState(check: check.id)
    self.state.check = check.id
    grid = check.grid
    next = grid.slot(at: moment.wall)
    clock = moment
    guard let last = self.state.lastSignal else { return }
    // The clock was set back since.
    if last.at > moment.wall { shift = moment.wall - last.at }
    if grid.slot(at: last.at + shift) == next { decided = (next.number, Self.verdict(of: last.kind)) }
  }

  /// Takes over a check that was changed; a changed rhythm holds from the slot of its own grid that is under way.
  package mutating func apply(_ check: Check) {
    let isSameRhythm = check.interval == self.check.interval
    self.check = check
    if let due, due > clock.wall { isOverdue = false }
    guard !isSameRhythm else { return }
    grid = check.grid
    next = grid.slot(at: clock.wall)
    decided = nil
    lastLeap = nil
  }

  /// When the next report is overdue, by the wall clock as it goes now; nil before the first report.
  package var due: Timestamp? {
    lastTime.map { $0 + check.interval + (check.heartbeat?.grace ?? .zero) }
  }

  /// When the last report came, by the wall clock as it goes now.
  private var lastTime: Timestamp? { state.lastSignal.map { $0.at + shift } }

  /// When it must be looked at again; nil while nothing is expected.
  package var deadline: Timestamp? {
    guard let due else { return nil }
    // One nanosecond later, because a report that comes in time is not overdue.
    return isOverdue ? next.end : min(next.end, due + .nanoseconds(1))
  }

  /// Takes note of the time, and decides what it decides.
  package mutating func advance(to moment: Moment) -> [Action] {
    var actions: [Action] = []
    let passed = max(.zero, moment.uptime - clock.uptime)
    let leapt = (moment.wall - clock.wall) - passed
    if leapt > Self.drift || leapt < .zero - Self.drift {
      decide(until: clock.wall + passed, &actions)
      leap(over: leapt, from: clock.wall + passed, to: moment.wall, &actions)
    }
    clock = moment
    decide(until: moment.wall, &actions)
    return actions
  }

  /// Takes in a report, whose time is not later than the clock that was told last.
  package mutating func receive(_ signal: HeartbeatSignal) -> [Action] {
    var signal = signal
    signal.at = min(signal.at, clock.wall)
    guard signal.kind != .start else {
      if lastTime.map({ signal.at >= $0 }) ?? true { state.startedAt = signal.at }
      return []
    }
    if signal.duration == nil, let start = state.startedAt, start <= signal.at { signal.duration = signal.at - start }
    let slot = grid.slot(at: signal.at)
    let isNewest = lastTime.map { signal.at >= $0 } ?? true
    if isNewest {
      state.lastSignal = signal
      if state.startedAt.map({ $0 <= signal.at }) ?? false { state.startedAt = nil }
      shift = .zero
      isOverdue = false
    }
    let verdict = Self.verdict(of: signal.kind)
    // In time that a clock repeats, slots are decided already, and only what changes is told.
    let isRepeated = slot.number < next.number && decided?.verdict == verdict
    let isLate = !isNewest || isRepeated || slot < grid.slot(at: clock.wall)
    if !isLate {
      if let decided, decided.number == slot.number, decided.verdict == verdict { return [] }
      decided = (slot.number, verdict)
    }
    return [
      .record(
        Decision(
          slot: slot, at: signal.at, verdict: verdict, reason: reason(of: signal), duration: signal.duration,
          isLate: isLate))
    ]
  }

  // MARK: Time

  /// Decides the slots that end by `moment`, and whether a report is overdue by then.
  private mutating func decide(until moment: Timestamp, _ actions: inout [Action]) {
    guard state.lastSignal != nil, let due else {
      // Nothing was expected of what went by.
      if next.end <= moment { next = grid.slot(at: moment) }
      return
    }
    while next.end <= moment {
      if due < next.end { becomeOverdue(at: due, &actions) }
      endSlot(&actions)
    }
    if due < moment { becomeOverdue(at: due, &actions) }
  }

  /// The moment has passed: down at once, in its own slot, or in the present one when that is older than this process.
  private mutating func becomeOverdue(at due: Timestamp, _ actions: inout [Action]) {
    guard !isOverdue else { return }
    isOverdue = true
    let slot = max(next, grid.slot(at: due))
    guard decided?.number != slot.number || decided?.verdict != .down else { return }
    decided = (slot.number, .down)
    actions.append(
      .record(
        Decision(
          slot: slot, at: max(due, slot.start), verdict: .down, reason: missedReason, duration: nil, isLate: false)))
  }

  /// The slot is over; what was not decided in it is decided now.
  private mutating func endSlot(_ actions: inout [Action]) {
    let slot = next
    next = grid.slot(number: slot.number + 1)
    guard decided?.number != slot.number, let last = state.lastSignal else { return }
    let isDown = isOverdue || last.kind == .failure
    decided = (slot.number, isDown ? .down : .up)
    let decision = Decision(
      slot: slot, at: slot.end, verdict: isDown ? .down : .up,
      reason: isOverdue ? missedReason : reason(of: last), duration: nil, isLate: false)
    actions.append(.record(decision))
  }

  /// The wall clock was set.
  private mutating func leap(
    over duration: Duration, from: Timestamp, to: Timestamp, _ actions: inout [Action]
  ) {
    shift += duration
    guard duration > .zero else {
      // Back from a time that had not come: what was leapt over then is lived through now.
      if let leap = lastLeap, to < leap.target {
        next = max(grid.slot(at: to), leap.next)
        lastLeap = nil
      }
      return
    }
    let present = grid.slot(at: to)
    guard next.number < present.number else { return }
    // The slot in which it happened was lived in, those after it were not.
    if state.lastSignal != nil, next.start <= from { endSlot(&actions) }
    lastLeap = (to, next)
    if next.number < present.number {
      guard state.lastSignal != nil else {
        next = present
        return
      }
      actions.append(
        .missed(
          MissedSlots(check: check.id, grid: grid, numbers: next.number...(present.number - 1), cause: .late)))
      next = present
    }
  }

  // MARK: Words

  private static func verdict(of kind: HeartbeatSignal.Kind) -> Verdict { kind == .failure ? .down : .up }

  private var missedReason: Reason {
    let last = state.lastSignal.map { "; the last one came at \($0.at.rfc3339(fractionDigits: 0))" } ?? ""
    let started =
      state.startedAt.map { ", and a run that began at \($0.rfc3339(fractionDigits: 0)) has not ended" } ?? ""
    let rhythm = Units.text(of: check.interval)
    let grace = check.heartbeat.map { " and \(Units.text(of: $0.grace)) of grace" } ?? ""
    return Reason(
      code: .heartbeatMissed, step: check.id.text,
      message: "no report came within \(rhythm)\(grace)\(last)\(started)")
  }

  private func reason(of signal: HeartbeatSignal) -> Reason? {
    guard signal.kind == .failure else { return nil }
    let output = signal.output?.suffix(ofBytes: Self.messageBytes) ?? ""
    return Reason(
      code: .heartbeatFailed, step: check.id.text, message: output.isEmpty ? "the job reported a failure" : output)
  }

  /// As much of the output as history keeps of a message: its end, where the cause of a failure stands.
  private static let messageBytes = HistoryReason.messageBytes
}

extension String {
  /// Its end, at most so many bytes of UTF-8, with no character cut; blanks around it are left out.
  func suffix(ofBytes count: Int) -> String {
    var start = utf8.index(endIndex, offsetBy: -count, limitedBy: startIndex) ?? startIndex
    while start < endIndex, UTF8.isContinuation(utf8[start]) { start = utf8.index(after: start) }
    let blanks: Set<Character> = [" ", "\n", "\r\n", "\r", "\t"]
    var text = self[start...]
    while let last = text.last, blanks.contains(last) { text.removeLast() }
    return String(text.drop { blanks.contains($0) })
  }
}
