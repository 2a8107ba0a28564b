package import Model
import Synchronization

/// Keeps the heartbeat checks: takes the reports of jobs, tells what became of each slot, and keeps what must outlive the
/// process. The one writer of heartbeats in the process.
package actor HeartbeatKeeper {
  /// The most reports that are taken at once.
  package static let mostSignals = 1000

  /// How far ahead of ours the clock of a job may be.
  package static let longestLead = Duration.minutes(5)

  /// How much of a job's output is kept, in bytes: its end.
  package static let outputBytes = 10 * 1024

  /// The wall clock is looked at this often, because nobody tells when it is set.
  private static let longestWait = Duration.seconds(1)

  private let region: String
  private let node: String
  private let time: any TimeSource
  private let sink: any RunSink
  private let lateSink: any RunSink
  private let store: any HeartbeatStore
  private let masks: Masks
  private let retention: Duration
  private var machines: [CheckID: HeartbeatMachine] = [:]
  /// Of jobs that no check in force is for.
  private var others: [CheckID: HeartbeatState] = [:]
  /// Reports that are being taken: two at once with one key are one.
  private var underWay: Set<Mark> = []

  /// When each job reported last, for whoever cannot wait for the actor.
  private nonisolated let reported = Mutex<[CheckID: Timestamp]>([:])

  private struct Mark: Hashable {
    var check: CheckID
    var key: String

    init(check: CheckID, key: String) {
      self.check = check
      self.key = key
    }

    /// Nil for a report without a key.
    init?(_ signal: HeartbeatSignal) {
      guard let key = signal.idempotencyKey else { return nil }
      self.init(check: signal.check, key: key)
    }
  }

  /// A keeper without checks.
  ///
  /// - Parameters:
  ///   - region: where slots are recorded.
  ///   - sink: told of runs and missed slots as they happen.
  ///   - lateSink: told of runs in slots of the past, which say nothing of how a check stands: history.
  ///   - masks: what is masked in the output of jobs.
  ///   - retention: how long runs are kept; older reports are refused.
  package init(
    region: String, node: String, time: any TimeSource = SystemTime(), sink: any RunSink, lateSink: any RunSink,
    store: any HeartbeatStore, masks: Masks, retention: Duration
  ) {
    self.region = region
    self.node = node
    self.time = time
    self.sink = sink
    self.lateSink = lateSink
    self.store = store
    self.masks = masks
    self.retention = retention
  }

  /// Reads what was kept by the process before. Call it before the first `apply(_:)`.
  package func restore() async throws {
    for state in try await store.heartbeats() { others[state.check] = state }
  }

  /// Makes these the heartbeat checks; those of other kinds among them, and disabled ones, are left out.
  package func apply(_ checks: [Check]) {
    let moment = Moment(of: time)
    let before = machines
    machines = [:]
    for check in checks where check.kind == .heartbeat && check.isEnabled {
      if var machine = before[check.id] {
        record(machine.advance(to: moment), of: check)
        machine.apply(check)
        machines[check.id] = machine
      } else {
        let state = others[check.id] ?? check.movedFrom.flatMap { others[$0] ?? before[$0]?.state }
        machines[check.id] = HeartbeatMachine(check, state: state, at: moment)
      }
    }
    for (id, machine) in before where machines[id] == nil { others[id] = machine.state }
    for id in machines.keys { others[id] = nil }
    let last = machines.compactMapValues { $0.state.lastSignal?.at }
    reported.withLock { $0 = last }
  }

  /// When the job of each check in force last reported its end; those that never did are left out.
  package nonisolated var lastReports: [CheckID: Timestamp] { reported.withLock { $0 } }

  /// Holds reports against what is taken.
  ///
  /// - Parameters:
  ///   - retention: how long runs are kept; older reports are refused.
  ///   - isKnown: whether a heartbeat check of that id is in force.
  package static func check(
    _ signals: [HeartbeatSignal], at now: Timestamp, retention: Duration, isKnown: (CheckID) -> Bool
  ) throws(HeartbeatFault) {
    guard signals.count <= mostSignals else { throw .tooMany(count: signals.count, limit: mostSignals) }
    let latest = now + longestLead
    let oldest = now - retention
    for signal in signals {
      guard isKnown(signal.check) else { throw .unknown(signal.check) }
      guard signal.at <= latest else { throw .inFuture(signal.at, latest: latest) }
      guard signal.at >= oldest else { throw .tooOld(signal.at, oldest: oldest) }
    }
  }

  /// A report whose output is masked and then cut, so that no half of a secret is left.
  package static func bounded(_ signal: HeartbeatSignal, masks: Masks) -> HeartbeatSignal {
    var signal = signal
    signal.output = signal.output.map { masks.current.redact($0).suffix(ofBytes: outputBytes) }
    return signal
  }

  /// Takes reports: all or none. A report whose idempotency key is known for its check changes nothing.
  package func receive(
    _ signals: [HeartbeatSignal], at now: Timestamp
  ) async throws(HeartbeatFault) -> HeartbeatReceipt {
    try Self.check(signals, at: now, retention: retention) { machines[$0] != nil }
    // Marked before the store is asked: while it is, others may come with the same keys.
    var marks: Set<Mark> = []
    var candidates: [HeartbeatSignal] = []
    for signal in signals {
      if let mark = Mark(signal) {
        guard !underWay.contains(mark), marks.insert(mark).inserted else { continue }
      }
      candidates.append(signal)
    }
    underWay.formUnion(marks)
    defer { underWay.subtract(marks) }
    let known = try await knownKeys(of: candidates, at: now)
    let fresh = candidates.filter { signal in Mark(signal).map { !known.contains($0) } ?? true }
    // In order of time, so that a start stands before its end, whatever the order of a batch.
    let ordered = fresh.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    for (check, signals) in Dictionary(grouping: ordered, by: \.check) { try await take(signals, of: check, at: now) }
    return HeartbeatReceipt(accepted: fresh.count, repeated: signals.count - fresh.count)
  }

  private func knownKeys(
    of signals: [HeartbeatSignal], at now: Timestamp
  ) async throws(HeartbeatFault) -> Set<Mark> {
    var known: Set<Mark> = []
    for (check, signals) in Dictionary(grouping: signals, by: \.check) {
      let keys = signals.compactMap(\.idempotencyKey)
      guard !keys.isEmpty else { continue }
      do {
        let remembered = try await store.rememberedKeys(of: check, among: keys, at: now)
        known.formUnion(remembered.map { Mark(check: check, key: $0) })
      } catch {
        throw .store("\(error)")
      }
    }
    return known
  }

  /// Reports of one check, in order of time.
  private func take(
    _ signals: [HeartbeatSignal], of id: CheckID, at now: Timestamp
  ) async throws(HeartbeatFault) {
    // Gone while the store was asked.
    guard var machine = machines[id] else { throw .unknown(id) }
    var actions = machine.advance(to: Moment(of: time))
    for signal in signals { actions += machine.receive(Self.bounded(signal, masks: masks)) }
    machines[id] = machine
    if let last = machine.state.lastSignal { reported.withLock { $0[id] = last.at } }
    record(actions, of: machine.check)
    do {
      try await store.keep(machine.state, keys: signals.compactMap(\.idempotencyKey), at: now)
    } catch {
      throw .store("\(error)")
    }
  }

  // MARK: Time

  /// Decides slots as they end, and reports as they are overdue, until the task is cancelled.
  package func run() async {
    while true {
      let now = Moment(of: time)
      var earliest = now.wall + Self.longestWait
      // By index, so that each is changed where it stands.
      var index = machines.startIndex
      while index < machines.endIndex {
        let actions = machines.values[index].advance(to: now)
        if !actions.isEmpty { record(actions, of: machines.values[index].check) }
        if let deadline = machines.values[index].deadline { earliest = min(earliest, deadline) }
        machines.formIndex(after: &index)
      }
      let wait = max(.milliseconds(1), earliest - now.wall)
      guard (try? await time.sleep(untilUptime: now.uptime + wait)) != nil else { return }
    }
  }

  private func record(_ actions: [HeartbeatMachine.Action], of check: Check) {
    for action in actions {
      switch action {
      case .missed(let missed): sink.record(missed, in: region)
      case .record(let decision):
        let run = Run(
          check: check.id, region: region, node: node, slot: decision.slot, started: decision.at,
          duration: decision.duration ?? .zero, verdict: decision.verdict, reason: decision.reason,
          attempts: decision.duration == nil ? 0 : 1, traceID: "")
        (decision.isLate ? lateSink : sink).record(run)
      }
    }
  }
}
