import History
import Incidents
import Model
import Synchronization
import TestSupport
import Testing

/// 2026-01-01T00:00:00Z.
let newYear = Timestamp(secondsSinceEpoch: 1_767_225_600)

/// What a keeper told, in order.
final class KeeperEvents: Sendable {
  private let told = Mutex<[IncidentKeeper.Event]>([])

  var all: [IncidentKeeper.Event] { told.withLock { $0 } }

  func add(_ event: IncidentKeeper.Event) { told.withLock { $0.append(event) } }
}

/// A keeper over a real store, with a clock that is turned by hand.
final class KeeperFixture: Sendable {
  let history: SQLiteHistory
  let store: FailingIncidentStore
  let time: ManualTime
  let keeper: IncidentKeeper
  let events: KeeperEvents

  /// - Parameter before: the fixture whose store this one has, as after a restart.
  init(after before: KeeperFixture? = nil, limits: IncidentKeeper.Limits = .init()) throws {
    if let before {
      history = before.history
    } else {
      let folder = try TestProgram.temporaryFolder()
      history = try SQLiteHistory(path: "\(folder)/history.db")
    }
    let time = ManualTime(now: before?.time.now ?? newYear)
    self.time = time
    let events = KeeperEvents()
    self.events = events
    store = FailingIncidentStore(history)
    keeper = IncidentKeeper(
      store: store, lastSlots: { [history] in try await history.lastRuns(of: $0, limit: $1) }, time: time,
      region: "local", limits: limits, observe: { events.add($0) })
  }

  static func id(_ text: String) throws -> CheckID { try #require(CheckID(text)) }

  static func check(
    _ id: String, name: String? = nil, movedFrom: String? = nil, dependsOn: [String] = [], isEnabled: Bool = true,
    policy: IncidentPolicy = .standard, every: Duration = .minutes(1)
  ) throws -> Check {
    Check(
      id: try Self.id(id), name: name, movedFrom: try movedFrom.map { try Self.id($0) }, kind: .http, interval: every,
      isEnabled: isEnabled, incidents: policy, dependsOn: try dependsOn.map { try Self.id($0) },
      location: SourceLocation(file: "a.yaml", line: 1, column: 1))
  }

  static func run(
    _ check: String, _ minute: Int, _ letter: Character, region: String = "local", code: ReasonCode = .timeout
  ) throws -> Run {
    let slot = Slot(number: Int64(minute), start: newYear + .minutes(minute), interval: .minutes(1))
    let verdict: Verdict = letter == "u" ? .up : letter == "?" ? .unknown : .down
    return Run(
      check: try id(check), region: region, node: "n", slot: slot, started: slot.start, duration: .milliseconds(20),
      verdict: verdict, reason: verdict == .down ? Reason(code: code, step: "log in", message: "it was so") : nil,
      traceID: "4bf92f3577b34da6a3ce929d0e0e4736")
  }

  /// Records a run a minute from `minute` on, as they end; in history too, where it is said.
  func record(_ check: String, from minute: Int = 0, _ letters: String, inHistory: Bool = true) async throws {
    for (offset, letter) in letters.enumerated() where letter != "." {
      let run = try Self.run(check, minute + offset, letter)
      if inHistory { try await history.write([HistoryRun(run)], at: run.slot.end) }
      setClock(to: run.slot.end)
      keeper.sink.record(run)
    }
  }

  func setClock(to moment: Timestamp) { time.setClock(by: moment - time.now) }

  /// Puts checks in force.
  func apply(_ checks: Check...) { keeper.apply(checks) }

  /// Returns once everything is taken in that waits: a keeper that is stopped takes in all there is.
  func settle() async {
    await Task {
      withUnsafeCurrentTask { $0?.cancel() }
      await keeper.run()
    }.value
  }

  /// Every incident in the store, oldest first.
  func kept() async throws -> [Incident] {
    try await history.incidents(IncidentQuery(limit: 1000)).incidents.reversed()
  }
}

/// A store that fails while it is told so, like one on a full disk.
final class FailingIncidentStore: IncidentStore {
  struct Failure: Error, CustomStringConvertible {
    var description: String { "the disk is full" }
  }

  /// How a write fails.
  enum Mode {
    case works
    case fails
    /// It says so, and has kept everything.
    case failsAfterKeeping
  }

  private let store: any IncidentStore
  private let mode = Mutex(Mode.works)
  private let failed = Mutex(0)

  init(_ store: any IncidentStore) { self.store = store }

  /// How many writes have failed.
  var failures: Int { failed.withLock { $0 } }

  func set(_ mode: Mode) { self.mode.withLock { $0 = mode } }

  private func fail() throws {
    failed.withLock { $0 += 1 }
    throw Failure()
  }

  func insert(_ incident: Incident) async throws -> Incident {
    let mode = mode.withLock { $0 }
    if case .fails = mode { try fail() }
    let kept = try await store.insert(incident)
    if case .failsAfterKeeping = mode { try fail() }
    return kept
  }

  func update(_ incident: Incident) async throws {
    if case .fails = mode.withLock({ $0 }) { try fail() }
    try await store.update(incident)
  }

  func incident(_ id: Int64) async throws -> Incident? { try await store.incident(id) }
  func incidents(_ query: IncidentQuery) async throws -> IncidentPage { try await store.incidents(query) }
}
