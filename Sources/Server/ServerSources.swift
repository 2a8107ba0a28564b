package import Exposition
package import Model
package import Recording

/// What the server shows and asks: everything it knows of the rest of the program.
package struct ServerSources: Sendable {
  /// What `/metrics` prints.
  package var registry: Registry
  /// The checks in force.
  package var catalogue: CheckCatalogue
  /// Runs and counts of the past.
  package var store: any HistoryStore
  /// The last runs of each check, in memory.
  package var recentRuns: RecentRuns
  /// The last runs with all that their steps did.
  package var archive: RunArchive
  /// One of them as JSON, with a line end.
  package var runDocument: @Sendable (Run, Check) throws -> String
  /// What is kept of each promise.
  package var board: AvailabilityBoard
  /// How the parts of the program are, without the store, which the server asks itself. Answers within a bounded time.
  package var components: @Sendable () async -> [ComponentHealth]
  /// Loads the files anew.
  package var reload: @Sendable () async -> ReloadOutcome
  /// The files in force as YAML, with every secret masked.
  package var scenarioText: @Sendable () -> String
  /// Answers `/probe`; nil where no modules are named.
  package var probes: ProbeDoor?
  /// What people and jobs put on record; nil where none of it is kept.
  package var records: RecordSources?
  /// Who answers nodes, and what is known of them; nil where this is no hub.
  package var fleet: FleetSources?
  /// Status pages and tokens.
  package var access: AccessBook
  /// Where the time comes from.
  package var time: any TimeSource

  /// Sources with everything said.
  package init(
    registry: Registry, catalogue: CheckCatalogue, store: any HistoryStore, recentRuns: RecentRuns,
    archive: RunArchive, runDocument: @escaping @Sendable (Run, Check) throws -> String, board: AvailabilityBoard,
    components: @escaping @Sendable () async -> [ComponentHealth],
    reload: @escaping @Sendable () async -> ReloadOutcome, scenarioText: @escaping @Sendable () -> String,
    probes: ProbeDoor? = nil, access: AccessBook = AccessBook(), records: RecordSources? = nil,
    fleet: FleetSources? = nil, time: any TimeSource = SystemTime()
  ) {
    self.registry = registry
    self.catalogue = catalogue
    self.store = store
    self.recentRuns = recentRuns
    self.archive = archive
    self.runDocument = runDocument
    self.board = board
    self.components = components
    self.reload = reload
    self.scenarioText = scenarioText
    self.probes = probes
    self.access = access
    self.records = records
    self.fleet = fleet
    self.time = time
  }
}

/// How one part of the program is.
package struct ComponentHealth: Hashable, Sendable {
  /// Its name in `/health/detailed`.
  package var name: String
  /// Whether it can do its work.
  package var isReady: Bool
  /// How long it took to find out.
  package var latency: Duration
  /// What is wrong, or worth knowing, in one line.
  package var message: String?

  /// A part with how it is.
  package init(name: String, isReady: Bool, latency: Duration = .zero, message: String? = nil) {
    self.name = name
    self.isReady = isReady
    self.latency = latency
    self.message = message
  }
}

/// What came of a reload.
package enum ReloadOutcome: Hashable, Sendable {
  /// The files are in force.
  case applied(checks: Int)
  /// The files are wrong and nothing has changed; the diagnostics as a terminal shows them.
  case refused(diagnostics: String)
}
