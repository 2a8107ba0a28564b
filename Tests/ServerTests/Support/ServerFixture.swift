import Exposition
import Logging
import Model
import Recording
import Server
import ServiceLevels
import ServiceLifecycle
import Synchronization
import TestSupport

/// A server on a free port of 127.0.0.1, with everything behind it in the hands of the test.
final class ServerFixture: Sendable {
  let time = ManualTime()
  let registry = Registry()
  let catalogue: CheckCatalogue
  let recentRuns = RecentRuns()
  let archive = RunArchive()
  let store = FakeStore()
  let records = FakeRecords()
  let access = AccessBook()
  /// Set for a hub.
  let fleet = Mutex<FleetSources?>(nil)
  let board: AvailabilityBoard
  let reloadOutcome = Mutex(ReloadOutcome.applied(checks: 1))
  let components = Mutex<[ComponentHealth]>([])
  let scenarioText = Mutex("checks:\n  - id: front-page\n")

  /// - Parameter checks: nil is a program whose files are not loaded yet.
  init(_ checks: [Check]? = []) {
    catalogue = checks.map { CheckCatalogue($0) } ?? CheckCatalogue()
    recentRuns.apply(checks ?? [])
    archive.apply(checks ?? [])
    let published = PublishedFigures()
    figures = published
    board = AvailabilityBoard(
      catalogue: catalogue, sources: FigureSources(store: store), time: time, logger: Self.logger,
      publish: { figures in published.all.withLock { $0.append(figures) } })
  }

  final class PublishedFigures: Sendable {
    let all = Mutex<[AvailabilityFigures]>([])
  }
  let figures: PublishedFigures

  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  func server(
    listen: String = "127.0.0.1:0", connectionLimit: Int = 100, idleTimeout: Duration = .seconds(10),
    shutdownGrace: Duration = .seconds(5), onListening: @escaping @Sendable (ListenPlace) -> Void
  ) throws -> CurlewServer {
    guard let address = ListenAddress(listen) else { throw HTTPClient.Failure(message: "no address: \(listen)") }
    let sources = ServerSources(
      registry: registry, catalogue: catalogue, store: store, recentRuns: recentRuns, archive: archive,
      runDocument: { run, check in "{\"id\":\"\(check.id)\",\"verdict\":\"\(run.verdict)\"}\n" }, board: board,
      components: { self.components.withLock { $0 } }, reload: { self.reloadOutcome.withLock { $0 } },
      scenarioText: { self.scenarioText.withLock { $0 } }, access: access, records: records.sources(time: time),
      fleet: fleet.withLock { $0 }, time: time)
    let listening = ListeningConfiguration(
      places: [.address(address)], connectionLimit: connectionLimit, idleTimeout: idleTimeout,
      shutdownGrace: shutdownGrace)
    let configuration = ServerConfiguration(listening: listening, region: "eu", version: "1.2.3")
    return CurlewServer(
      configuration: configuration, sources: sources, logger: Self.logger, onListening: onListening)
  }

  /// Serves while `body` runs.
  func serving<Value: Sendable>(
    listen: String = "127.0.0.1:0", connectionLimit: Int = 100, idleTimeout: Duration = .seconds(10),
    _ body: @Sendable (HTTPClient) async throws -> Value
  ) async throws -> Value {
    try await Self.serving(
      { try server(listen: listen, connectionLimit: connectionLimit, idleTimeout: idleTimeout, onListening: $0) }, body)
  }

  /// Runs a service while `body` asks it.
  ///
  /// - Parameter service: makes the service, which tells its port once it listens.
  static func serving<Value: Sendable>(
    _ service: (_ onListening: @escaping @Sendable (ListenPlace) -> Void) throws -> any Service,
    _ body: @Sendable (HTTPClient) async throws -> Value
  ) async throws -> Value {
    let (ports, port) = AsyncStream.makeStream(of: UInt16.self)
    let service = try service { port.yield($0.port ?? 0) }
    let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: logger))
    let running = Task {
      defer { port.finish() }
      try await group.run()
    }
    // In order, as the daemon is: a listener that is cancelled while it takes a connection drops it, and NIO ends the program.
    defer { Task { await group.triggerGracefulShutdown() } }
    guard let bound = await ports.first(where: { _ in true }) else {
      try await running.value
      throw HTTPClient.Failure(message: "the service ended without listening")
    }
    return try await body(HTTPClient(port: bound))
  }

  /// Records a run of `check`, `slotsAgo` slots before now.
  func record(
    _ check: Check, _ verdict: Verdict, slotsAgo: Int = 0, region: String = "eu", reason: Reason? = nil,
    duration: Duration = .milliseconds(120), isInMaintenance: Bool = false
  ) {
    let newest = check.grid.slot(at: time.now)
    let slot = check.grid.slot(number: newest.number - Int64(slotsAgo))
    let run = Run(
      check: check.id, region: region, node: "node-1", slot: slot, started: slot.start, duration: duration,
      verdict: verdict, reason: reason, traceID: "4bf92f3577b34da6a3ce929d0e0e4736", isInMaintenance: isInMaintenance)
    recentRuns.record(run)
    archive.record(run)
  }
}

extension Check {
  /// A check for tests.
  static func sample(
    _ id: String, name: String? = nil, group: String? = nil, every: Duration = .seconds(30), isEnabled: Bool = true,
    objective: Objective = .standard
  ) throws -> Check {
    guard let checkID = CheckID(id) else { throw HTTPClient.Failure(message: "no id: \(id)") }
    return Check(
      id: checkID, name: name, group: group, kind: .http, interval: every, isEnabled: isEnabled,
      objective: objective, location: SourceLocation(file: "shop.yaml", line: 4, column: 5))
  }
}
