import Documents
import Fleet
import Hub
import Logging
import Model
import Scenarios
import Synchronization
import TestSupport
import Testing
import curlew

@Suite("The configuration of a hub")
struct HubConfigurationTests {
  // MARK: Putting in force

  @Test("is what the files say, published under a version and told to nodes as a whole")
  func published() async throws {
    let hub = try Replica()
    let reading = try hub.reading(["shop"])
    await hub.configuration.offer(reading)
    #expect(hub.configuration.version == 1)
    #expect(hub.ids == ["shop"])
    #expect(hub.configuration.plan.identity == ConfigurationIdentity(version: 1, digest: reading.bundle.digest))
    #expect(hub.store.current.configuration?.content == reading.bundle.bytes)
    #expect(hub.applied == [1])
    let change = try #require(hub.change(since: 0))
    #expect(change.version == 1 && change.digest == reading.bundle.digest)
    #expect(change.files.allSatisfy { $0.content != nil })
    #expect(try ScenarioBundle(applying: change) == reading.bundle)
    #expect(hub.change(since: 1, digest: change.digest) == nil)
    // A node of before, which does not say what it has.
    #expect(hub.change(since: 1) == nil)
  }

  @Test("that has changed is told to nodes as what is different, as far as it is known what they have")
  func changed() async throws {
    let hub = try Replica()
    var readings: [HubReading] = []
    for number in 1...10 {
      readings.append(try hub.reading(["shop", "check-\(number)"]))
      await hub.configuration.offer(readings[number - 1])
    }
    #expect(hub.configuration.version == 10)
    for version in 1...9 {
      let before = readings[version - 1].bundle
      let change = try #require(hub.change(since: Int64(version), digest: before.digest))
      #expect(try ScenarioBundle(applying: change, to: before) == readings[9].bundle)
      // Eight versions are remembered; who comes with an older one is sent everything.
      #expect(change.files.contains { $0.content == nil } == (version > 2), "version \(version)")
    }
  }

  @Test("that is offered again is the same version, and in force anew: values may have changed where files have not")
  func offeredAgain() async throws {
    let hub = try Replica()
    let values = { hub.values(of: ["probe-1"]) }
    try hub.write("first", to: "key.txt")
    await hub.configuration.offer(try hub.reading(["shop"], secret: true))
    let first = values()
    #expect(first.secrets.values.contains { $0 == ["key": "first"] })
    try hub.write("second", to: "key.txt")
    await hub.configuration.offer(try hub.reading(["shop"], secret: true))
    #expect(hub.configuration.version == 1)
    #expect(hub.applied == [1, 1])
    #expect(values().secrets.values.contains { $0 == ["key": "second"] })
    #expect(values().digest != first.digest)
  }

  @Test("waits for a store that is away, and the newest that was read is published then")
  func storeAway() async throws {
    let hub = try Replica()
    hub.store.change { $0.fault = "gone" }
    await hub.configuration.offer(try hub.reading(["shop"]))
    await hub.configuration.offer(try hub.reading(["shop", "cart"]))
    #expect(hub.configuration.version == 0)
    #expect(hub.applied.isEmpty)
    #expect(hub.change(since: 0) == nil)
    #expect(hub.values(of: ["probe-1"]) == SuppliedValues())
    hub.store.change { $0.fault = nil }
    await hub.look()
    #expect(hub.ids == ["cart", "shop"])
    #expect(hub.store.current.configuration?.version == 1)
  }

  @Test("stays as it is when the files cannot be read any more, or cannot travel")
  func brokenFiles() throws {
    let hub = try Replica()
    try hub.write("version: 1\n", to: "common.yaml")
    try hub.write(Replica.text(["shop"]), to: "shop.yaml")
    let files = HubFiles([hub.workspace.path("shop.yaml")])
    #expect(files.reading == nil)
    #expect(files.read().result.scenario != nil)
    let digest = try #require(files.reading?.bundle.digest)
    for broken in ["version: 1\nchecks: [{id: shop", Replica.text(["shop"]) + "    env: 1\n"] {
      try hub.write(broken, to: "shop.yaml")
      let result = files.read().result
      #expect(result.scenario == nil || result.diagnostics.contains { $0.severity == .error })
      #expect(files.reading?.bundle.digest == digest)
    }
    try hub.write(Replica.text(["cart"]), to: "shop.yaml")
    #expect(files.read().result.scenario != nil)
    #expect(files.reading?.bundle.digest != digest)
  }

  // MARK: Several replicas

  @Test("of two replicas whose files differ is that of the one that published last, until the other one does")
  func differingFiles() async throws {
    let (one, two) = try Replica.replicas()
    let (first, second) = (try one.reading(["shop"]), try two.reading(["shop", "cart"]))
    await one.configuration.offer(first)
    await two.configuration.offer(second)
    #expect(two.configuration.version == 2)
    await one.look()
    #expect(one.ids == ["cart", "shop"])
    #expect(one.applied == [1, 2])
    // A node of the first one hears what is different, whichever it asks.
    for hub in [one, two] {
      #expect(try #require(hub.change(since: 1, digest: first.bundle.digest)).digest == second.bundle.digest)
    }
    // Its files are read again, by SIGHUP say.
    await one.configuration.offer(first)
    await two.look()
    #expect(two.ids == ["shop"])
    #expect(one.ids == ["shop"])
  }

  @Test("that cannot be read here leaves the one before in force, and nodes are not told that it is wrong")
  func unreadable() async throws {
    let (one, two) = try Replica.replicas()
    let reading = try one.reading(["shop"])
    await one.configuration.offer(reading)
    _ = try await one.store.publish([1, 2, 3], digest: "of another program", by: "two")
    for _ in 0..<3 { await one.look() }
    #expect(one.configuration.version == 1)
    #expect(one.ids == ["shop"])
    #expect(one.applied == [1])
    #expect(one.change(since: 0)?.version == 1)
    #expect(one.change(since: 2, digest: "of another program") == nil)
    await two.configuration.offer(try two.reading(["cart"]))
    await one.look()
    #expect(one.ids == ["cart"])
  }

  @Test("does not contradict a node that has heard of more before the store was looked at since")
  func aheadOfUs() async throws {
    let hub = try Replica()
    let reading = try hub.reading(["shop"])
    await hub.configuration.offer(reading)
    hub.time.advance(by: .milliseconds(100))
    let asked = hub.time.uptime
    for (version, digest) in [(2, "newer"), (1, "of another database")] as [(Int64, String)] {
      #expect(hub.configuration.change(since: version, digest: digest, asked: asked) == nil)
    }
    await hub.look()
    for (version, digest) in [(2, "newer"), (1, "of another database")] as [(Int64, String)] {
      let change = try #require(hub.configuration.change(since: version, digest: digest, asked: asked))
      #expect(change.version == 1)
      #expect(try ScenarioBundle(applying: change) == reading.bundle)
    }
  }

  // MARK: A store that was replaced

  @Test("is published anew where the database was replaced by an empty one")
  func emptied() async throws {
    let hub = try Replica()
    let reading = try hub.reading(["shop"])
    for checks in [["cart"], ["cart", "shop"]] { await hub.configuration.offer(try hub.reading(checks)) }
    await hub.configuration.offer(reading)
    hub.store.change { $0.configuration = nil }
    await hub.look()
    #expect(hub.store.current.configuration?.identity == hub.configuration.plan.identity)
    #expect(hub.ids == ["shop"])
  }

  @Test("is the database's where another one came to the same version with other content, for nodes and replicas")
  func replaced() async throws {
    let hub = try Replica()
    let (before, after) = (try hub.reading(["shop"]), try hub.reading(["cart"]).bundle)
    await hub.configuration.offer(before)
    hub.store.change {
      $0.configuration = StoredConfiguration(version: 1, digest: after.digest, content: after.bytes)
    }
    await hub.look()
    #expect(hub.configuration.version == 1)
    #expect(hub.ids == ["cart"])
    #expect(hub.applied == [1, 1])
    hub.time.advance(by: .milliseconds(1))
    let asked = hub.time.uptime
    await hub.look()
    let change = try #require(hub.configuration.change(since: 1, digest: before.bundle.digest, asked: asked))
    // Nothing is taken to be known of what the node has.
    #expect(try ScenarioBundle(applying: change) == after)
    #expect(hub.change(since: 1, digest: after.digest) == nil)
  }

  // MARK: Values

  @Test("gives a node the values of the checks that it runs, and others when it runs others")
  func values() async throws {
    let hub = try Replica()
    try hub.write("secret", to: "key.txt")
    await hub.configuration.offer(try hub.reading(["shop", "cart"], secret: true))
    #expect(hub.values(of: ["probe-1"]).checks == ["cart", "shop"])
    let alone = hub.values(of: ["probe-2"])
    #expect(alone.checks.isEmpty && alone.secrets.isEmpty)
    // The same number with other members, as a database that was restored may have it.
    #expect(hub.values(of: ["probe-1"]).checks == ["cart", "shop"])
    let asked = hub.configuration.values(
      for: "probe-1", in: "eu-west", memberships: [], opinions: try [#require(CheckID("cart"))])
    #expect(asked.checks == ["cart"])
  }
}

/// A replica over a store in memory, with a folder of its own.
private struct Replica {
  /// What was put in force, by version.
  private final class Record: Sendable {
    let versions = Mutex<[Int64]>([])
  }

  let time: ManualTime
  let store: MemoryFleetStore
  let workspace: Workspace
  let configuration: HubConfiguration
  private let record: Record

  /// - Parameter other: another replica, to share its store.
  init(beside other: Replica? = nil) throws {
    let record = Record()
    time = other?.time ?? ManualTime()
    store = other?.store ?? MemoryFleetStore(time: time)
    workspace = try Workspace()
    configuration = HubConfiguration(
      store: store, holder: "hub", time: time, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { _, version in
      record.versions.withLock { $0.append(version) }
    }
    self.record = record
  }

  static func replicas() throws -> (Replica, Replica) {
    let one = try Replica()
    return (one, try Replica(beside: one))
  }

  /// The versions that were put in force, in order.
  var applied: [Int64] { record.versions.withLock { $0 } }

  /// The checks in force.
  var ids: [String] { configuration.plan.checks.map(\.id.text).sorted() }

  static func text(_ checks: [String], secret: Bool = false) -> String {
    let header = secret ? ", headers: {Key: '${secrets.key}'}" : ""
    let lines = checks.map { "  - {id: \($0), http: {url: 'https://a.example/'\(header)}}\n" }
    return
      "version: 1\ninclude: [common.yaml]\n\(secret ? "secrets: {key: {file: key.txt}}\n" : "")checks:\n\(lines.joined())"
  }

  func write(_ text: String, to name: String) throws { try workspace.write(text, to: name) }

  /// What files with these checks say.
  func reading(_ checks: [String], secret: Bool = false) throws -> HubReading {
    try write("version: 1\n", to: "common.yaml")
    try write(Self.text(checks, secret: secret), to: "shop.yaml")
    let files = HubFiles([workspace.path("shop.yaml")])
    let problems = files.read().result.diagnostics.map { $0.rendered() }
    #expect(problems.isEmpty)
    return try #require(files.reading)
  }

  /// Looks at the store once.
  func look() async {
    let running = Task { [configuration] in await configuration.run() }
    await time.sleepers()
    running.cancel()
    await running.value
  }

  /// What a node is told that asks now, with the store looked at since.
  func change(since version: Int64, digest: String? = nil) -> ConfigurationChange? {
    configuration.change(since: version, digest: digest, asked: .zero)
  }

  /// What `probe-1` is given where these are the nodes of its region.
  func values(of nodes: [String]) -> SuppliedValues {
    let membership = Membership(
      region: "eu-west", epoch: 4, since: time.now, members: nodes.map { Membership.Member(node: $0) })
    return configuration.values(for: "probe-1", in: "eu-west", memberships: [membership], opinions: [])
  }
}
