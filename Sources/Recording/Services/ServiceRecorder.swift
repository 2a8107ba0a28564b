package import Model
import ServiceLevels
import Synchronization

/// Records services as checks are recorded: from the runs of their members it makes a run for each of their slots, and
/// gives it to a sink of its own.
///
/// A slot at `t` takes of each member the verdict of that member's slot that covers `t`. It is judged once each of these has
/// its run or was told missed, at the latest one interval of the member after its slot was over. A heartbeat whose slot is
/// still open says what it said last. A slot for which no member has a run has none either: it is missed.
package final class ServiceRecorder: RunSink {
  /// A slot that waits for runs keeps later ones of its service waiting; beyond so many it is judged as it stands.
  static let pendingSlots = 256
  /// How many slots before the present a process that begins still judges, from the stored runs of members.
  private static let restoredSlots: Int64 = 3
  /// The clocks are looked at this often, whatever is due: the wall clock may have been set.
  private static let longestSleep = Duration.seconds(1)
  /// Thousands of services are not woken for one by one.
  private static let shortestSleep = Duration.milliseconds(50)

  private struct Service {
    var definition: ServiceDefinition
    var check: Check
    var judge: ServiceJudge
    /// The number of the first slot that has not begun yet.
    var next: Int64
    /// Begun, and not judged; oldest first.
    var pending: [Slot] = []
    /// When it is to be looked at, whether or not a run comes.
    var due: Timestamp
  }

  private struct State {
    var services: [CheckID: Service] = [:]
    var members: [CheckID: MemberResults] = [:]
    /// Which services stand on a check.
    var standing: [CheckID: [CheckID]] = [:]
    /// Whose stored runs are still to be read; nothing that stands on them is judged before.
    var unrestored: Set<CheckID> = []
  }

  private let region: String
  private let node: String
  private let time: any TimeSource
  private let sink: any RunSink
  private let isInMaintenance: @Sendable (Check, Timestamp) -> Bool
  private let state = Mutex(State())

  /// A recorder without services, until `apply` names some.
  ///
  /// - Parameters:
  ///   - sink: is given the runs of services. It may be one that this recorder is a part of.
  ///   - isInMaintenance: whether a check or service is in planned maintenance at a moment.
  package init(
    region: String, node: String, time: any TimeSource, sink: any RunSink,
    isInMaintenance: @escaping @Sendable (Check, Timestamp) -> Bool = { _, _ in false }
  ) {
    self.region = region
    self.node = node
    self.time = time
    self.sink = sink
    self.isInMaintenance = isInMaintenance
  }

  /// Makes these the services in force. What is known of those that stay, and of their members, is kept.
  ///
  /// - Parameter checks: the checks in force; a member that is not run in this region has no say in it.
  package func apply(_ services: [ServiceDefinition], checks: [Check]) {
    let now = time.now
    let inForce = Dictionary(checks.map { ($0.id, $0) }) { first, _ in first }
    state.withLock { state in
      var next = State()
      next.unrestored = state.unrestored
      for definition in services {
        var definition = definition
        definition.members.removeAll { inForce[$0.check]?.runs(in: region) != true }
        guard !definition.members.isEmpty else { continue }
        let check = definition.check
        let before = state.services[check.id]
        if before == nil { next.unrestored.insert(check.id) }
        let isSameGrid = before?.check.interval == check.interval
        next.services[check.id] = Service(
          definition: definition, check: check,
          judge: ServiceJudge(rule: definition.rule, members: definition.members),
          next: isSameGrid ? before?.next ?? 0 : check.grid.firstSlot(startingFrom: now).number,
          pending: isSameGrid ? before?.pending ?? [] : [], due: now)
        for member in definition.members {
          next.standing[member.check, default: []].append(check.id)
          guard let watched = inForce[member.check], next.members[member.check] == nil else { continue }
          var results = state.members[member.check]
          if results == nil { next.unrestored.insert(member.check) }
          results?.check = watched
          next.members[member.check] = results ?? MemberResults(check: watched, watchedSince: now)
        }
      }
      next.unrestored.formIntersection(Set(next.services.keys).union(next.members.keys))
      state = next
    }
  }

  package func record(_ run: Run) {
    take(
      MemberResults.Result(
        start: run.slot.start, end: run.slot.end, verdict: run.verdict, code: run.reason?.code,
        message: run.reason?.message ?? "", isInMaintenance: run.isInMaintenance, duration: run.duration,
        traceID: run.traceID), of: run.check, in: run.region)
  }

  package func record(_ missed: MissedSlots, in region: String) {
    take(
      MemberResults.Result(
        start: missed.first.start, end: missed.last.end, verdict: nil, message: "",
        isInMaintenance: missed.isInMaintenance),
      of: missed.check, in: region)
  }

  /// Judges what is due until the task is cancelled.
  ///
  /// - Parameter stored: the newest stored runs of a check, in this region and others, a few of each; empty where history
  ///   cannot be read. A service goes on after the last slot that is among its own.
  package func run(restoring stored: @Sendable (CheckID) async -> [HistoryRun]) async {
    while !Task.isCancelled {
      let unrestored = state.withLock { $0.unrestored }
      for id in unrestored { restore([id: await stored(id)]) }
      judgeDue()
      let due = state.withLock { $0.services.values.map(\.due).min() }
      let pause = due.map { min(max($0 - time.now, Self.shortestSleep), Self.longestSleep) } ?? Self.longestSleep
      guard (try? await time.sleep(untilUptime: time.uptime + pause)) != nil else { return }
    }
  }

  /// Takes in what is stored of checks and services; those that nothing is given of are taken to have nothing, when none
  /// is named.
  package func restore(_ runs: [CheckID: [HistoryRun]]) {
    state.withLock { state in
      for id in runs.isEmpty ? Array(state.unrestored) : Array(runs.keys) {
        restore(runs[id] ?? [], of: id, &state)
      }
    }
  }

  /// Judges what is due by now, whether or not runs come.
  package func judgeDue() {
    let now = time.now
    let judged = state.withLock { state in state.services.keys.flatMap { judge($0, at: now, ifDue: true, &state) } }
    for run in judged { sink.record(run) }
  }

  private func take(_ result: MemberResults.Result, of check: CheckID, in region: String) {
    guard region == self.region else { return }
    let now = time.now
    let judged = state.withLock { state -> [Run] in
      guard let services = state.standing[check] else { return [] }
      state.members[check]?.insert(result)
      return services.flatMap { judge($0, at: now, ifDue: false, &state) }
    }
    for run in judged { sink.record(run) }
  }

  private func restore(_ runs: [HistoryRun], of id: CheckID, _ state: inout State) {
    state.unrestored.remove(id)
    let runs = runs.filter { $0.region == region }
    if state.members[id] != nil {
      for run in runs {
        guard let grid = state.members[id]?.check.grid else { continue }
        let start = Self.start(of: run, on: grid)
        state.members[id]?.insert(
          MemberResults.Result(
            start: start, end: start + run.interval, verdict: run.verdict, code: run.reason?.code,
            message: run.reason?.message ?? "", isInMaintenance: run.isInMaintenance, duration: run.duration,
            traceID: run.traceID))
      }
    }
    guard let service = state.services[id] else { return }
    let grid = service.check.grid
    let present = grid.firstSlot(startingFrom: time.now).number
    guard let last = runs.map({ grid.slot(at: Self.start(of: $0, on: grid)).number }).max() else {
      state.services[id]?.next = present
      return
    }
    state.services[id]?.next = last >= present ? last + 1 : max(last + 1, present - Self.restoredSlots)
  }

  /// Where a stored slot begins, which history keeps to the millisecond.
  private static func start(of run: HistoryRun, on grid: SlotGrid) -> Timestamp {
    let slot = grid.slot(at: run.slotStart + .nanoseconds(999_999))
    return slot.start.millisecondsSinceEpoch == run.slotStart.millisecondsSinceEpoch ? slot.start : run.slotStart
  }

  /// Begins the slots of a service whose time has come, and judges those that can be.
  private func judge(_ id: CheckID, at now: Timestamp, ifDue: Bool, _ state: inout State) -> [Run] {
    guard let index = state.services.index(forKey: id) else { return [] }
    var service = state.services.values[index]
    if ifDue, service.due > now { return [] }
    let members = service.definition.members
    guard !state.unrestored.contains(id), !members.contains(where: { state.unrestored.contains($0.check) }) else {
      return []
    }
    let grid = service.check.grid
    let current = grid.slot(at: now).number
    if current >= service.next {
      // Of a year that a clock was set forward by, only the last slots can still have runs.
      for number in max(service.next, current - Int64(Self.pendingSlots) + 1)...current {
        service.pending.append(grid.slot(number: number))
      }
      service.next = current + 1
    }
    var judged: [Run] = []
    var waitsUntil = grid.slot(number: service.next).start
    while let slot = service.pending.first {
      if service.pending.count <= Self.pendingSlots,
        let deadline = members.compactMap({ self.deadline(of: $0.check, at: slot.start, now, state) }).max()
      {
        waitsUntil = min(waitsUntil, deadline)
        break
      }
      service.pending.removeFirst()
      if let run = run(of: service, slot, state) { judged.append(run) }
    }
    service.due = waitsUntil
    state.services.values[index] = service
    for member in members { forget(member.check, &state) }
    return judged
  }

  /// Until when a member's run for the slot that covers `moment` is waited for; nil when it is not.
  private func deadline(of member: CheckID, at moment: Timestamp, _ now: Timestamp, _ state: State) -> Timestamp? {
    guard let results = state.members[member], results.check.kind != .heartbeat, results.covering(moment) == nil
    else { return nil }
    let slot = results.check.grid.slot(at: moment)
    guard slot.start >= results.watchedSince else { return nil }
    let deadline = slot.end + slot.interval
    return deadline > now ? deadline : nil
  }

  /// Whether a member's run for the slot that covers the start of `slot` was due before this process watched it.
  private func isUnseen(_ member: CheckID, _ slot: Slot, _ state: State) -> Bool {
    guard let results = state.members[member], results.check.kind != .heartbeat, results.covering(slot.start) == nil
    else { return false }
    return results.check.grid.slot(at: slot.start).start < results.watchedSince
  }

  private func run(of service: Service, _ slot: Slot, _ state: State) -> Run? {
    var found: [CheckID: MemberResults.Result] = [:]
    let verdicts = service.definition.members.compactMap { member -> MemberVerdict? in
      guard let results = state.members[member.check] else { return nil }
      let check = results.check
      var result = results.covering(slot.start)
      if result == nil, check.kind == .heartbeat { result = results.last(before: slot.start) }
      found[member.check] = result
      return MemberVerdict(
        check: check.id, name: check.name, verdict: result?.verdict, code: result?.code, message: result?.message ?? "",
        isInMaintenance: result?.isInMaintenance == true
          || result?.verdict == nil && isInMaintenance(check, slot.start))
    }
    guard verdicts.contains(where: { $0.verdict != nil }) else { return nil }
    let judgement = service.judge.judge(verdicts)
    // What nobody watched yet is missed: there was no run whose fault could have been ours.
    let isBeginning = service.definition.members.contains { isUnseen($0.check, slot, state) }
    guard judgement.verdict != .unknown || !isBeginning else { return nil }
    // It is as fast as its slowest member.
    let duration = found.values.compactMap { $0.verdict?.isGood == true ? $0.duration : nil }.max() ?? .zero
    let decisive = judgement.culprit.map { found[$0] } ?? found.values.max { $0.start < $1.start }
    return Run(
      check: service.check.id, region: region, node: node, slot: slot, started: slot.start, duration: duration,
      verdict: judgement.verdict, reason: judgement.reason, traceID: decisive?.traceID ?? "",
      isInMaintenance: judgement.isInMaintenance || isInMaintenance(service.check, slot.start))
  }

  private func forget(_ member: CheckID, _ state: inout State) {
    let needed = state.standing[member]?.compactMap { id in
      state.services[id].map { $0.pending.first?.start ?? $0.check.grid.slot(number: $0.next).start }
    }
    if let oldest = needed?.min() { state.members[member]?.forget(before: oldest) }
  }
}
