import FoundationEssentials
import Hub
import Incidents
import Model
import Scheduling
import Server
import Synchronization

/// Incidents and jobs at any replica: what is reported here waits in the store for the one that decides, which may be this one.
final class LeaderDesk: IncidentDesk, HeartbeatDesk {
  /// Who takes reports while this replica decides.
  struct Keepers: Sendable {
    var incidents: IncidentKeeper
    var heartbeats: HeartbeatKeeper
  }

  /// What a leader answers to whoever waits.
  private enum Answer: Codable {
    case incident(Int64)
    case fault(IncidentFault)
  }

  private let queue: ReportQueue
  private let store: any IncidentStore & HeartbeatStore
  private let catalogue: CheckCatalogue
  private let masks: Masks
  private let retention: Duration
  private let time: any TimeSource
  private let keepers = Mutex<Keepers?>(nil)

  /// - Parameters:
  ///   - catalogue: the checks that jobs may report to.
  ///   - masks: what is masked in the output of jobs before it is kept anywhere.
  ///   - retention: how long runs are kept; older reports are refused.
  init(
    queue: ReportQueue, store: any IncidentStore & HeartbeatStore, catalogue: CheckCatalogue, masks: Masks,
    retention: Duration, time: any TimeSource
  ) {
    self.queue = queue
    self.store = store
    self.catalogue = catalogue
    self.masks = masks
    self.retention = retention
    self.time = time
  }

  /// This replica decides from now on, or does not.
  func set(_ keepers: Keepers?) {
    self.keepers.withLock { $0 = keepers }
  }

  /// Who takes reports here; nil where another replica decides.
  var current: Keepers? { keepers.withLock { $0 } }

  // MARK: Any replica

  func receive(
    _ signals: [HeartbeatSignal], at now: Timestamp
  ) async throws(HeartbeatFault) -> HeartbeatReceipt {
    try HeartbeatKeeper.check(signals, at: now, retention: retention) { id in
      catalogue.check(id).map { $0.kind == .heartbeat && $0.isEnabled } ?? false
    }
    do {
      var fresh: [HeartbeatSignal] = []
      for (check, signals) in Dictionary(grouping: signals, by: \.check) {
        let keys = signals.compactMap(\.idempotencyKey)
        var known: Set<String> = []
        if !keys.isEmpty { known = try await store.rememberedKeys(of: check, among: keys, at: now) }
        fresh += signals.filter { $0.idempotencyKey.map { known.insert($0).inserted } ?? true }
      }
      // Masked here: no secret of a job's output goes into the database.
      if !fresh.isEmpty { try await queue.post(.signals(fresh.map { HeartbeatKeeper.bounded($0, masks: masks) })) }
      return HeartbeatReceipt(accepted: fresh.count, repeated: signals.count - fresh.count)
    } catch {
      throw .store(Self.words(for: error))
    }
  }

  func report(
    title: String, impacts: [Impact], state: IncidentState, text: String, author: String, isPublished: Bool,
    began: Timestamp?, ended: Timestamp?
  ) async throws(IncidentFault) -> Incident {
    try await ask(
      .opening(
        title: title, impacts: impacts, state: state, text: text, author: author, isPublished: isPublished,
        began: began, ended: ended))
  }

  func say(
    _ text: String, of id: Int64, state: IncidentState?, author: String, impacts: [Impact]?
  ) async throws(IncidentFault) -> Incident {
    try await ask(.words(text, of: id, state: state, author: author, impacts: impacts))
  }

  func acknowledge(_ id: Int64, by: String, note: String?) async throws(IncidentFault) -> Incident {
    try await ask(.acknowledgement(of: id, by: by, note: note))
  }

  /// Has the leader do it, and reads what came of it.
  private func ask(_ report: IncidentReport) async throws(IncidentFault) -> Incident {
    let incident: Incident?
    do {
      switch try await queue.ask(.incident(report), for: Answer.self) {
      case nil: throw IncidentFault.undecided
      case .fault(let fault): throw fault
      case .incident(let id): incident = try await store.incident(id)
      }
    } catch let fault as IncidentFault {
      throw fault
    } catch {
      throw .storeFails(Self.words(for: error))
    }
    guard let incident else { throw .storeFails("the incident was kept, and cannot be read") }
    return incident
  }

  private static func words(for error: any Error) -> String {
    if case FleetFault.tooManyReports = error {
      return "no replica of the hub has decided for long, and no more reports are kept until one does"
    }
    return "\(error)"
  }

  // MARK: The leader

  /// Does what a report says, at the replica that decides.
  ///
  /// - Throws: what the store fails with; the report comes again then.
  func take(
    _ report: FleetReport, received: Timestamp, isAgain: Bool
  ) async throws -> ReportReader.Outcome {
    guard let keepers = current else { return .early("this replica does not decide any more", answer: nil) }
    switch report {
    case .signals(let signals): return try await take(signals, by: keepers.heartbeats)
    case .incident(let report): return await take(report, at: received, isAgain: isAgain, by: keepers.incidents)
    }
  }

  /// At the moment of the report, by which it is known again where a leader was killed that had done what it says.
  private func take(
    _ report: IncidentReport, at moment: Timestamp, isAgain: Bool, by keeper: IncidentKeeper
  ) async -> ReportReader.Outcome {
    do throws(IncidentFault) {
      if isAgain, let done = try await done(report, at: moment) { return Self.answered(.incident(done)) }
      let incident: Incident
      switch report {
      case .opening(let title, let impacts, let state, let text, let author, let isPublished, let began, let ended):
        incident = try await keeper.report(
          title: title, impacts: impacts, state: state, text: text, author: author, isPublished: isPublished,
          began: began, ended: ended, at: moment)
      case .words(let text, let id, let state, let author, let impacts):
        incident = try await keeper.say(text, of: id, state: state, author: author, impacts: impacts, at: moment)
      case .acknowledgement(let id, let by, let note):
        incident = try await keeper.acknowledge(id, by: by, note: note, at: moment)
      }
      return Self.answered(.incident(incident.id))
    } catch {
      // The replica that was asked may know a newer configuration.
      if case .unknownCheck = error { return .early("\(error)", answer: Self.body(.fault(error))) }
      return Self.answered(.fault(error))
    }
  }

  private func take(
    _ signals: [HeartbeatSignal], by keeper: HeartbeatKeeper
  ) async throws -> ReportReader.Outcome {
    do throws(HeartbeatFault) {
      _ = try await keeper.receive(signals, at: time.now)
      return .done
    } catch {
      switch error {
      case .store: throw error
      case .unknown, .tooMany, .inFuture, .tooOld: return .early("\(error)", answer: nil)
      }
    }
  }

  /// The incident that a report was about, where an earlier leader had done what it says.
  private func done(_ report: IncidentReport, at moment: Timestamp) async throws(IncidentFault) -> Int64? {
    do {
      switch report {
      case .opening:
        return try await store.incidents(IncidentQuery(origin: .manual, limit: 500)).incidents
          .first { $0.opened == moment }?.id
      case .words(_, let id, _, _, _), .acknowledgement(let id, _, _):
        return try await store.incident(id)?.updates.contains { $0.at == moment && $0.author != nil } == true ? id : nil
      }
    } catch {
      throw .storeFails("\(error)")
    }
  }

  private static func answered(_ answer: Answer) -> ReportReader.Outcome { .answered(body(answer)) }

  private static func body(_ answer: Answer) -> [UInt8] {
    // Nothing of it can fail to be written.
    (try? JSONEncoder().encode(answer)).map(Array.init) ?? []
  }
}
