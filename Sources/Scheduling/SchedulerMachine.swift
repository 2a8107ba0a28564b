import HeapModule
package import Model

/// Decides which slot of which check is run, and when: a pure value that is told what happened and answers what to do.
///
/// - Slots lie where the check's grid puts them, and are never shifted. A check begins with the first slot that starts
///   after it is planned; the one that is under way then belongs to the process that ran before.
/// - A check's runs never overlap. A slot that comes due while its check still runs, or while no place is free under the
///   limits, waits for as long as a run in it still makes sense (see `StartWindow`), and is then counted as missed.
/// - After a stall, a suspended machine or a clock set forward, the slots that went by are counted as missed, and only the
///   present one may still be run: there is no burst. After a clock was set back, slots that were used up are not run
///   again (see `PassedTime`).
/// - A new plan leaves alone each check whose interval stays as it was. A changed interval holds from the next slot of
///   the new grid. A check that is gone, or disabled, ends the run that it is in, and starts none.
package struct SchedulerMachine: Sendable {
  /// What happened.
  package enum Event: Sendable {
    /// These are the checks from now on; disabled ones among them are left out.
    case planChanged([Check])
    /// The time that was waited for has come; harmless at any other time.
    case timer
    /// A run has ended, however it did.
    case runEnded(CheckID)
    /// Nothing is started from now on.
    case stop
  }

  /// What is to be done about it.
  package enum Action: Hashable, Sendable {
    /// A run begins. Its end must be told by `runEnded`.
    case start(SlotStart)
    /// Slots went by without a run.
    case missed(MissedSlots)
    /// `timer` must be told at this uptime. Earlier waits may be forgotten, or come true all the same.
    case wait(untilUptime: Duration)
    /// After `stop`: the last run has ended.
    case stopped
  }

  /// How many slots may fall together into one waking; no start is later for it than this.
  package static let coalescing: Duration = .milliseconds(4)

  /// The wall clock is looked at this often, because nobody tells when it is set.
  package static let longestWait: Duration = .seconds(1)

  private enum Phase {
    case running, stopping, stopped
  }

  private let limits: ConcurrencyLimits
  private var phase = Phase.running
  private var entries: [Entry] = []
  private var indices: [CheckID: Int] = [:]
  private var places: Places
  private var hostIndices: [HostKey: Int] = [:]
  private var hostKeys: [HostKey] = []
  /// One live timer for each entry; those of an earlier generation are passed over.
  private var timers = Heap<Timer>()
  private var passed: PassedTime
  /// The uptime that was last asked to be waited for.
  private var armed: Duration?

  /// A machine without a plan.
  package init(limits: ConcurrencyLimits = .standard, at moment: Moment) {
    self.limits = limits
    places = Places(limits: limits)
    passed = PassedTime(since: moment.wall)
  }

  /// How many runs are under way.
  package var inFlight: Int { places.taken }

  /// Takes an event in, and says what is to be done. Moments must be told in the order in which they were read.
  package mutating func handle(_ event: Event, at moment: Moment) -> [Action] {
    var actions: [Action] = []
    // Whatever happened, time has passed before it did.
    if phase == .running { advance(to: moment.wall, &actions) }
    switch event {
    case .timer: break
    case .planChanged(let checks): if phase == .running { replan(checks, at: moment.wall, &actions) }
    case .runEnded(let id): endRun(of: id)
    case .stop: if phase == .running { stop(&actions) }
    }
    if phase == .running {
      serve(at: moment.wall, &actions)
      arm(at: moment, &actions)
    } else if phase == .stopping && places.taken == 0 {
      phase = .stopped
      actions.append(.stopped)
    }
    return actions
  }
}

// MARK: - Time

extension SchedulerMachine {
  private mutating func advance(to wall: Timestamp, _ actions: inout [Action]) {
    if wall < passed.now {
      for index in entries.indices where !entries[index].isRetired {
        entries[index].next = following(wall, on: entries[index].grid)
        setTimer(index)
      }
    }
    while let timer = timers.min, timer.time <= wall {
      timers.removeMin()
      if entries[timer.entry].generation == timer.generation { fire(timer.entry, at: wall, &actions) }
    }
    passed.pass(to: wall)
  }

  /// The timer of an entry has come: what waits has waited too long, or the next slot is due.
  private mutating func fire(_ index: Int, at wall: Timestamp, _ actions: inout [Action]) {
    if let pending = entries[index].pending, wall > entries[index].latestStart(of: pending) {
      giveUp(index, &actions)
    }
    let present = entries[index].grid.slot(at: wall)
    miss(index, before: present.start, &actions)
    if entries[index].next == present {
      entries[index].next = following(present.start, on: entries[index].grid)
      if wall > entries[index].latestStart(of: present) {
        actions.append(.missed(entries[index].missed(present.number...present.number, .late)))
      } else {
        entries[index].pending = present
        joinLine(index)
      }
    }
    setTimer(index)
  }

  /// Counts the slots from the next one on that start before `end`.
  private mutating func miss(_ index: Int, before end: Timestamp, _ actions: inout [Action]) {
    let grid = entries[index].grid
    while entries[index].next.start < end {
      let first = entries[index].next
      // What is used up already was counted when it was.
      let bound = min(end, passed.nextStretch(after: first.start) ?? end)
      let last = grid.slot(at: bound - .nanoseconds(1))
      actions.append(.missed(entries[index].missed(first.number...last.number, .late)))
      entries[index].next = following(last.start, on: grid)
    }
  }

  /// The first slot that starts after `moment` and is not used up.
  private func following(_ moment: Timestamp, on grid: SlotGrid) -> Slot {
    var slot = grid.firstSlot(startingFrom: moment + .nanoseconds(1))
    while true {
      let free = passed.firstFree(from: slot.start)
      guard free > slot.start else { return slot }
      slot = grid.firstSlot(startingFrom: free)
    }
  }

  private mutating func setTimer(_ index: Int) {
    entries[index].generation &+= 1
    timers.insert(entries[index].timer(index))
  }

  private mutating func arm(at moment: Moment, _ actions: inout [Action]) {
    while let timer = timers.min, entries[timer.entry].generation != timer.generation { timers.removeMin() }
    guard let earliest = timers.min else { return }
    let wait = min(max(earliest.time - moment.wall, Self.coalescing), Self.longestWait)
    let deadline = moment.uptime + wait
    if let armed, armed > moment.uptime, armed <= deadline { return }
    armed = deadline
    actions.append(.wait(untilUptime: deadline))
  }
}

// MARK: - Runs

extension SchedulerMachine {
  private mutating func joinLine(_ index: Int) {
    guard entries[index].runningHost == nil, !entries[index].isInLine else { return }
    entries[index].isInLine = true
    places.join(index, host: entries[index].host)
  }

  /// Starts who waits, as far as there are places.
  private mutating func serve(at wall: Timestamp, _ actions: inout [Action]) {
    while let index = places.next() {
      entries[index].isInLine = false
      let host = entries[index].host
      guard let slot = entries[index].pending else {
        // Given up while in line; the place in line was kept for the check's next slot, in fairness.
        places.release(host: host)
        continue
      }
      entries[index].pending = nil
      entries[index].runningHost = host
      setTimer(index)
      // A clock that was set back since the slot came due gives neither a negative lag nor more time.
      let lag = max(.zero, wall - slot.start)
      let window = entries[index].window
      actions.append(
        .start(
          SlotStart(
            check: entries[index].id, slot: slot, lag: lag, latestLag: window.latestStart, budget: window.end - lag)))
    }
  }

  private mutating func endRun(of id: CheckID) {
    guard let index = indices[id], let host = entries[index].runningHost else { return }
    entries[index].runningHost = nil
    places.release(host: host)
    if entries[index].isRetired {
      indices[id] = nil
    } else if entries[index].pending != nil {
      joinLine(index)
    }
  }

  private mutating func giveUp(
    _ index: Int, because cause: MissedSlots.Cause? = nil, _ actions: inout [Action]
  ) {
    guard let slot = entries[index].pending else { return }
    entries[index].pending = nil
    let cause = cause ?? entries[index].causeOfWaiting
    actions.append(.missed(entries[index].missed(slot.number...slot.number, cause)))
  }

  private mutating func stop(_ actions: inout [Action]) {
    phase = .stopping
    for index in entries.indices { giveUp(index, because: .stopped, &actions) }
    timers = Heap()
  }
}

// MARK: - Plans

extension SchedulerMachine {
  private mutating func replan(_ checks: [Check], at wall: Timestamp, _ actions: inout [Action]) {
    let before = self
    entries.removeAll(keepingCapacity: true)
    indices.removeAll(keepingCapacity: true)
    hostIndices.removeAll(keepingCapacity: true)
    hostKeys.removeAll(keepingCapacity: true)
    places = Places(limits: limits)

    for check in checks where check.isEnabled && indices[check.id] == nil {
      let host = hostIndex(check.host.map(HostKey.host) ?? .check(check.id))
      var entry = Entry(check: check, host: host)
      passed.reach(over: check.interval)
      entry.next = following(wall, on: entry.grid)
      if let index = before.indices[check.id] {
        let old = before.entries[index]
        entry.runningHost = old.runningHost
        if !old.isRetired && old.grid.interval == check.interval {
          entry.next = old.next
          // A longer timeout can make it too late for a slot that waits.
          if let slot = old.pending, wall <= entry.latestStart(of: slot) { entry.pending = slot }
        }
      }
      indices[check.id] = entries.count
      entries.append(entry)
    }
    for old in before.entries where old.runningHost != nil && indices[old.id] == nil {
      var entry = old
      entry.isRetired = true
      entry.isInLine = false
      entry.pending = nil
      indices[old.id] = entries.count
      entries.append(entry)
    }

    // Those who ran keep their places, those who waited their order.
    for index in entries.indices {
      guard let host = entries[index].runningHost else { continue }
      let kept = hostIndex(before.hostKeys[host])
      entries[index].runningHost = kept
      if entries[index].isRetired { entries[index].host = kept }
      places.take(host: kept)
    }
    for waiting in before.places.waiting() {
      if let index = indices[before.entries[waiting].id], entries[index].pending != nil { joinLine(index) }
    }
    for old in before.entries {
      guard let slot = old.pending, indices[old.id].flatMap({ entries[$0].pending }) == nil else { continue }
      actions.append(.missed(old.missed(slot.number...slot.number, old.causeOfWaiting)))
    }
    timers = Heap(entries.indices.filter { !entries[$0].isRetired }.map { entries[$0].timer($0) })
  }

  private mutating func hostIndex(_ key: HostKey) -> Int {
    if let index = hostIndices[key] { return index }
    let index = places.addHost()
    hostIndices[key] = index
    hostKeys.append(key)
    return index
  }
}

// MARK: - Parts

/// What the limit for one host applies to.
private enum HostKey: Hashable {
  case host(String)
  /// A check whose host only a template knows is limited by nothing but the global limit, and takes turns as one host.
  case check(CheckID)
}

/// One check in the plan.
private struct Entry {
  let id: CheckID
  let grid: SlotGrid
  let window: StartWindow
  var host: Int
  /// The first slot that has not come due yet.
  var next: Slot
  /// A slot that is due, and waits for a place or for the end of the run before it.
  var pending: Slot?
  /// Whether it is in its host's line; with nothing pending too, when it gave up in line.
  var isInLine = false
  /// The host whose place its run holds; nil while it does not run.
  var runningHost: Int?
  /// Gone from the plan, and only here until its run has ended.
  var isRetired = false
  /// Which of its timers holds.
  var generation: UInt32 = 0

  init(check: Check, host: Int) {
    id = check.id
    grid = check.grid
    window = StartWindow(interval: check.interval, timeout: check.timeout)
    self.host = host
    next = grid.slot(number: 0)
  }

  /// Why a slot that waits is missed when it has waited too long: who has no run under way waited for a place.
  var causeOfWaiting: MissedSlots.Cause { runningHost == nil ? .concurrency : .late }

  func latestStart(of slot: Slot) -> Timestamp { slot.start + window.latestStart }

  func missed(_ numbers: ClosedRange<Int64>, _ cause: MissedSlots.Cause) -> MissedSlots {
    MissedSlots(check: id, grid: grid, numbers: numbers, cause: cause)
  }

  /// The moment at which something must be decided for this check.
  func timer(_ index: Int) -> Timer {
    let time = pending.map { latestStart(of: $0) + .nanoseconds(1) } ?? next.start
    return Timer(time: time, entry: index, generation: generation)
  }
}

/// When an entry must be looked at.
private struct Timer: Comparable {
  var time: Timestamp
  var entry: Int
  var generation: UInt32

  static func < (left: Timer, right: Timer) -> Bool {
    (left.time, left.entry) < (right.time, right.entry)
  }
}
