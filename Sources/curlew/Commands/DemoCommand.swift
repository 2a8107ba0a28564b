import ArgumentParser
import DemoOrigin
import History
import Logging
import Model
import Scenarios
import Scheduling
import Server
import Transport
import UnixSignals

/// `curlew demo`: a small shop on loopback, and the daemon that watches it.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Serves a small shop on loopback and watches it.")

  @Option(help: ArgumentHelp("Address of the page and the metrics.", valueName: "host:port"))
  var listen = "127.0.0.1:9115"

  @Option(help: ArgumentHelp("Where history is kept.", valueName: "url"))
  var store = "sqlite:curlew-demo.db"

  @Option(help: ArgumentHelp("The scenario; the one that is built in when absent.", valueName: "file"))
  var scenario: String?

  func run() async throws {
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    guard let address = ListenAddress(listen) else {
      throw CommandFailure("cannot listen on '\(listen)': write host:port")
    }
    let loops = try EventLoops(count: 1)
    let origin: DemoOrigin
    do {
      origin = try DemoOrigin(loop: loops.next)
    } catch {
      throw CommandFailure("the demo cannot open its ports: \(error)")
    }
    try await withThrowingTaskGroup { group in
      let (shops, continuation) = AsyncStream.makeStream(of: ListenAddress.self)
      group.addTask { await origin.run() }
      group.addTask {
        defer { continuation.finish() }
        let quiet = Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() }
        do {
          try await DemoShop(on: ListenAddress(host: "127.0.0.1", port: 0), logger: quiet) { continuation.yield($0) }
            .run()
        } catch {
          throw CommandFailure("the demo cannot serve its shop: \(error)")
        }
      }
      var addresses = shops.makeAsyncIterator()
      if let shop = await addresses.next() {
        group.addTask { try await watch(shop: shop, origin: origin.addresses, listen: address, hangups: hangups) }
      }
      // The daemon ends at SIGINT, and the shop has nothing left to do then.
      try await group.next()
      group.cancelAll()
    }
    loops.stop()
  }

  private func watch(
    shop: ListenAddress, origin: DemoOrigin.Addresses, listen: ListenAddress, hangups: UnixSignalsSequence
  ) async throws {
    let file = scenario ?? DemoScenario.path
    let isBuiltIn = scenario == nil
    let overrides = Overrides(
      variables: [
        "tls_port=\(origin.tls)", "greeting_port=\(origin.greeting)", "name_server=\(origin.nameServer)",
      ], bases: ["shop=http://\(shop)"])
    let read: @Sendable () -> Reading = {
      Reading.take { files in
        ScenarioOptions.load(
          [file], overrides: overrides, from: isBuiltIn ? DemoScenario.Files(others: files) : files)
      }
    }
    let reading = read()
    let settings = ServiceSettings(
      files: [file], listen: listen, store: store, region: "local", retention: .standard, limits: .standard,
      probing: ProbingSettings(), logFormat: .text, logLevel: .notice,
      service: ServiceFileKeeper(DemoPages.service, path: nil))
    let loaded = try ScenarioOptions.checked(reading.result, files: [file])
    if isBuiltIn { try await writePast(of: loaded) }
    let daemon = Daemon(
      settings: settings, scenario: loaded, sight: reading.sight, read: read, hangups: hangups,
      onListening: { Terminal.standardOutput.write(greeting(page: $0, shop: shop, origin: origin)) })
    try await daemon.run()
  }

  /// Three months that make the pages worth looking at, in a store that is new.
  private func writePast(of scenario: Scenario) async throws {
    let kept = try await OpenedStore.open(store, mode: .readWrite)
    do {
      try await DemoPast(checks: scenario.checks.map(\.check), services: scenario.services, now: SystemTime().now)
        .write(to: kept)
      try await kept.close()
    } catch {
      throw CommandFailure("\(error)")
    }
  }

  private func greeting(page: ListenPlace, shop: ListenAddress, origin: DemoOrigin.Addresses) -> String {
    """
    Curlew is watching a small shop that it serves itself.

      status    http://\(page)/status
      page      http://\(page)/
      metrics   http://\(page)/metrics
      API       http://\(page)/api/v1/checks
      health    http://\(page)/health/detailed

      shop      http://\(shop)/   TLS \(origin.tls)   greeting \(origin.greeting)   DNS \(origin.nameServer)
      history   \(OpenedStore.name(of: store))

    Ctrl-C ends it.

    """
  }
}
