import Calendars
package import Logging
package import Model
package import Recording
package import ServiceLevels

/// What is kept of every promise, reckoned off the path of requests.
///
/// One refresh asks history once for each distinct set of boundaries, whatever the number of checks. How fast checks were
/// takes longer to read, and is asked of some of them at each refresh, in rotation.
package actor AvailabilityBoard {
  /// From one refresh to the next, when nobody asks for a fresher one.
  private static let refreshInterval = Duration.seconds(15)
  /// A request is never answered from a snapshot older than this, unless refreshing is costly.
  private static let freshness = Duration.seconds(1)
  /// A refresh that took long is repeated only after so many times as long, so that requests cannot keep history busy.
  private static let restFactor = 10
  /// By itself it spends no more than a twentieth of one core.
  private static let dutyFactor = 20
  /// Of how many checks one refresh asks the latency: well below a tenth of a second's work.
  private static let latencyBatch = 1000

  /// As labels name them.
  private static let burnWindows = BurnWindow.lengths.map { Units.text(of: $0) }

  private let catalogue: CheckCatalogue
  /// What figures are reckoned from.
  package nonisolated let sources: FigureSources
  private nonisolated var store: any HistoryStore { sources.store }
  private let time: any TimeSource
  private let logger: Logger
  private let publish: @Sendable (AvailabilityFigures) -> Void

  private struct Kept {
    var snapshot: BoardSnapshot
    var taken: Duration
    var cost: Duration
  }
  private var kept: Kept?
  private var flight: Task<BoardSnapshot, any Error>?
  private var latencies: [CheckID: (objective: Objective, figures: LatencyFigures)] = [:]
  private var nextInRotation = 0

  /// A board of the checks in force.
  ///
  /// - Parameter publish: hears of every check's figures after each refresh.
  package init(
    catalogue: CheckCatalogue, sources: FigureSources, time: any TimeSource = SystemTime(), logger: Logger,
    publish: @escaping @Sendable (AvailabilityFigures) -> Void = { _ in }
  ) {
    self.catalogue = catalogue
    self.sources = sources
    self.time = time
    self.logger = logger
    self.publish = publish
  }

  /// Refreshes every 15 seconds, or more seldom where it takes long, until the task is cancelled. History that cannot be read is logged, and asked again.
  package nonisolated func run() async {
    while !Task.isCancelled {
      let begin = time.uptime
      do {
        _ = try await refreshed()
      } catch {
        // The store may be closed before a reading of it was over.
        guard !Task.isCancelled else { return }
        logger.warning("availability could not be reckoned", metadata: ["error": "\(error)"])
      }
      let pause = max(Self.refreshInterval, (time.uptime - begin) * Self.dutyFactor)
      guard (try? await time.sleep(untilUptime: begin + pause)) != nil else { return }
    }
  }

  /// Figures that are at most a second old, or a little more where reckoning them takes long.
  ///
  /// - Throws: what history threw.
  func fresh() async throws -> BoardSnapshot {
    if let kept, time.uptime - kept.taken <= max(Self.freshness, kept.cost * Self.restFactor),
      kept.snapshot.edition.number == catalogue.edition.number
    {
      return kept.snapshot
    }
    return try await refreshed()
  }

  /// The last figures, at most as old as the interval between refreshes; nil when there never were any, because history
  /// cannot be read.
  func latest() async -> BoardSnapshot? {
    if let kept, kept.snapshot.edition.number == catalogue.edition.number { return kept.snapshot }
    return (try? await refreshed()) ?? kept?.snapshot
  }

  /// One refresh; whoever asks while one is under way waits for that one.
  private func refreshed() async throws -> BoardSnapshot {
    if let flight { return try await flight.value }
    let task = Task { try await refresh() }
    flight = task
    defer { flight = nil }
    return try await task.value
  }

  private func refresh() async throws -> BoardSnapshot {
    let begin = time.uptime
    let edition = catalogue.edition
    let now = time.now
    let plan = try await sources.plan()
    let reader = FigureReader(store: store, plan: plan)
    var slots: [CheckID: SubjectFigures] = [:]
    slots.reserveCapacity(edition.checks.count)
    /// Where each window begins, and how long it is as a whole: thousands of checks share a few.
    var spans: [ObjectiveWindow: (begin: Timestamp, period: Duration)] = [:]
    for (window, checks) in Dictionary(grouping: edition.checks, by: \.objective.window) {
      let begin = window.begin(at: now)
      spans[window] = (begin, window.period(at: now))
      let subjects = checks.map { edition.services[$0.id].map(FigureSubject.init) ?? FigureSubject($0.id) }
      let figures = try await reader.figures(
        of: subjects, from: begin, to: now, recent: BurnWindow.lengths)
      for (check, figures) in zip(checks, figures) { slots[check.id] = figures }
    }
    let oldest = spans.values.map(\.begin).min() ?? now
    let incidents = try await sources.incidents(from: oldest, to: now)
    var storedRuns = kept?.snapshot.storedRuns ?? [:]
    if kept?.snapshot.edition.number != edition.number {
      storedRuns = Dictionary(grouping: try await store.lastRuns(of: nil)) { $0.check }
    }
    try await refreshLatencies(of: edition, at: now)

    let nothing = SubjectFigures(SlotFigures(recent: BurnWindow.lengths.count))
    let figures = edition.checks.map { check in
      let (objective, slots) = (check.objective, slots[check.id] ?? nothing)
      let (from, period) = spans[objective.window] ?? (now, .zero)
      return CheckFigures(
        objective: objective, from: from, to: now, tally: slots.own.tally,
        availability: Availability(slots.basis.tally, objective: objective.availability),
        unadjusted: Availability(slots.basis.unadjusted, objective: objective.availability),
        excludedSlots: slots.own.excludedSlots,
        burning: BurnRates(
          recent: slots.basis.recent, tally: slots.basis.tally, objective: objective.availability,
          period: period),
        incidentDowntime: incidents.map {
          IncidentDowntime.downtime(of: check.id, in: $0[check.id] ?? [], from: from, to: now)
        }, latency: latencies[check.id]?.figures)
    }
    let snapshot = BoardSnapshot(at: now, edition: edition, figures: figures, storedRuns: storedRuns)
    let end = time.uptime
    kept = Kept(snapshot: snapshot, taken: end, cost: end - begin)
    for (check, figures) in zip(edition.checks, figures) {
      publish(
        AvailabilityFigures(
          check: check.id, window: check.objective.window.text,
          availability: figures.availability.availability?.value, coverage: figures.availability.coverage?.value,
          budgetRemaining: figures.availability.budgetRemaining?.value, objective: check.objective.availability,
          burnRates: zip(Self.burnWindows, figures.burning.rates).map {
            AvailabilityFigures.BurnRate(window: $0, rate: $1.rate?.value)
          }, latencyRatio: figures.latency?.ratioBelowLimit?.value))
    }
    return snapshot
  }

  private func refreshLatencies(of edition: CheckCatalogue.Edition, at now: Timestamp) async throws {
    latencies = latencies.filter { id, known in edition[id]?.objective == known.objective }
    let count = edition.checks.count
    let batch = (0..<min(count, Self.latencyBatch)).map { edition.checks[(nextInRotation + $0) % count] }
    for (window, checks) in Dictionary(grouping: batch, by: \.objective.window) {
      let query = TallyQuery(checks: checks.map(\.id), from: window.begin(at: now), to: now)
      let rows = try await store.latencies(query)
      let found = Dictionary(rows.map { ($0.check, $0.latency) }) { first, _ in first }
      for check in checks {
        let figures = LatencyFigures(found[check.id] ?? LatencyHistogram(), objective: check.objective.latency)
        latencies[check.id] = (check.objective, figures)
      }
    }
    if count > 0 { nextInRotation = (nextInRotation + batch.count) % count }
  }
}
