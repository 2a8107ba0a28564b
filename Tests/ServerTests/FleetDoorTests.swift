import Fleet
import Foundation
import Hub
import Model
import Recording
import Server
import Synchronization
import TestSupport
import Testing

@Suite("The door of nodes")
struct FleetDoorTests {
  @Test("a node with a good token is taken in, and is seen in the API, in metrics of nobody else's, and on the page")
  func admitted() async throws {
    let hub = try HubFixture()
    try await hub.server.serving { client async throws in
      let answer = try await client.post("/fleet/v1/register", hub.registration(), Self.bearer)
      #expect(answer.status == 200)
      #expect(answer.text.contains("\"beatEvery\":3000"))
      try await hub.view.refresh()
      let nodes = try await client.get("/api/v1/nodes")
      #expect(nodes.text.contains(#""name":"probe-1","region":"eu-west","state":"up""#))
      #expect(try await client.get("/api/v1/nodes?state=silent").text == "{\"nodes\":[]}\n")
      #expect(try await client.get("/api/v1/nodes?state=odd").status == 400)
      let regions = try await client.get("/api/v1/regions")
      #expect(regions.text.contains(#""name":"eu-west","state":"up""#))
      #expect(try await client.get("/").text.contains("1 of 1 node up"))
    }
  }

  @Test("sick, silent and cut off are told apart")
  func states() async throws {
    let hub = try HubFixture()
    for (name, region) in [("a", "one"), ("b", "one"), ("c", "two")] {
      _ = try await hub.store.register(NodeDescription(name: name, region: region, version: "1", spool: 1))
    }
    hub.server.time.advance(by: .seconds(60))
    for node in ["a", "b"] { _ = try await hub.store.keep(NodeBeat(node: node, region: "one")) }
    hub.store.change { $0.nodes["a"]?.quarantine = Quarantine(since: hub.server.time.now, reason: "it fails alone") }
    try await hub.view.refresh()
    try await hub.server.serving { client async throws in
      let regions = try await client.get("/api/v1/regions").text
      #expect(regions.contains(#""name":"one","state":"up""#))
      #expect(regions.contains(#""nodes":{"up":1,"sick":1,"leaving":0,"silent":0}"#))
      #expect(regions.contains(#""name":"two","state":"cut-off""#))
      let page = try await client.get("/").text
      #expect(page.contains("sick: it fails alone"))
      #expect(page.contains("cut off: nothing is heard of its 1 node"))
    }
  }

  @Test("a wrong, an expired and a foreign token are refused, each with its reason, and counted")
  func refused() async throws {
    let hub = try HubFixture()
    hub.server.access.apply(
      pages: [], tokens: [],
      nodes: [
        HubFixture.pass("good", region: "eu-west"), HubFixture.pass("foreign", region: "us-east"),
        HubFixture.pass("old", region: "eu-west", expires: hub.server.time.now),
      ])
    try await hub.server.serving { client async throws in
      for (token, status, reason) in [
        (nil, 401, "wrong-token"), ("bad", 401, "wrong-token"), ("old", 401, "expired-token"),
        ("foreign", 403, "foreign-region"),
      ] as [(String?, Int, String)] {
        let headers = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        let answer = try await client.post("/fleet/v1/register", hub.registration(), headers)
        #expect(answer.status == status)
        #expect(answer.headers["content-type"] == "application/problem+json")
        #expect(answer.text.contains("urn:curlew:fleet:\(reason)"), "\(token ?? "none")")
      }
    }
    #expect(hub.desk.tallies.counts.refused == [.wrongToken: 2, .expiredToken: 1, .foreignRegion: 1])
    #expect(hub.store.current.nodes.isEmpty)
  }

  @Test("a new service file changes tokens without a restart")
  func rotated() async throws {
    let hub = try HubFixture()
    try await hub.server.serving { client async throws in
      #expect(try await client.post("/fleet/v1/register", hub.registration(), Self.bearer).status == 200)
      hub.server.access.apply(pages: [], tokens: [], nodes: [HubFixture.pass("next", region: "eu-west")])
      #expect(try await client.post("/fleet/v1/register", hub.registration(), Self.bearer).status == 401)
      let next = ["Authorization": "Bearer next"]
      #expect(try await client.post("/fleet/v1/register", hub.registration(), next).status == 200)
    }
  }

  @Test("who shows wrong tokens again and again is answered with less and less")
  func guessed() async throws {
    let hub = try HubFixture()
    try await hub.server.serving { client async throws in
      for _ in 0..<200 { _ = try await client.post("/fleet/v1/beats", "{}", ["Authorization": "Bearer bad"]) }
      let answer = try await client.post("/fleet/v1/beats", "{}", ["Authorization": "Bearer bad"])
      #expect(answer.status == 429)
      #expect(answer.headers["retry-after"] == "1")
      // Who has the right one is not disturbed.
      #expect(try await client.post("/fleet/v1/register", hub.registration(), Self.bearer).status == 200)
    }
  }

  @Test("more than a question may be long is refused before it is read, and runs may be longer")
  func large() async throws {
    let hub = try HubFixture()
    try await hub.server.serving { client async throws in
      let long = String(repeating: "x", count: 70_000)
      let question = try await client.post("/fleet/v1/work", long, Self.bearer)
      #expect(question.status == 413)
      #expect(question.text.contains("too-large"))
      let runs = try await client.post("/fleet/v1/runs", long, Self.bearer)
      #expect(runs.status == 400)
      #expect(runs.text.contains("malformed"))
    }
  }

  @Test("a body that comes too slowly is waited for no longer, and its connection is closed")
  func slow() async throws {
    let hub = try HubFixture()
    try await hub.server.serving(idleTimeout: .seconds(600)) { client async throws in
      // Ends only when the server closes.
      async let raw = client.exchange(
        "POST /fleet/v1/beats HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: 100\r\n\r\n{")
      await hub.server.time.sleepers()
      hub.server.time.advance(by: .seconds(30))
      let answer = try #require(HTTPAnswer(try await raw))
      #expect(answer.status == 400)
      #expect(answer.text.contains("the body did not come within 30 seconds"))
    }
    #expect(hub.desk.tallies.counts.refused == [.malformed: 1])
  }

  @Test("bodies that come byte by byte are ended all the same, each is counted, and other nodes are not disturbed")
  func dripping() async throws {
    let hub = try HubFixture()
    let time = hub.server.time
    try await hub.server.serving(idleTimeout: .seconds(600)) { client async throws in
      let head = "POST /fleet/v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: 1000\r\n\r\n"
      let sockets = try (0..<20).map { _ in try client.begin(head) }
      defer { for socket in sockets { close(socket) } }
      await time.sleepers(20)
      for _ in 0..<5 {
        time.advance(by: .seconds(5))
        for socket in sockets { try client.more("x", on: socket) }
        #expect(try await client.post("/fleet/v1/register", hub.registration(), Self.bearer).status == 200)
      }
      time.advance(by: .seconds(5))
      for socket in sockets {
        let answer = try #require(HTTPAnswer(try await client.rest(of: socket)))
        #expect(answer.status == 400)
        #expect(answer.text.contains("urn:curlew:fleet:malformed"))
      }
      #expect(try await client.post("/fleet/v1/register", hub.registration(), Self.bearer).status == 200)
    }
    #expect(hub.desk.tallies.counts.refused == [.malformed: 20])
  }

  @Test("a server that is no hub has no such paths")
  func noHub() async throws {
    try await ServerFixture([.sample("a")]).serving { client async throws in
      #expect(try await client.post("/fleet/v1/register", "{}").status == 404)
      #expect(try await client.get("/api/v1/nodes").status == 404)
      #expect(try await client.get("/").text.contains("class=\"fleet\"") == false)
    }
  }

  @Test("what was decided by votes stands above what regions saw last, and blindness is told")
  func decided() async throws {
    let hub = try HubFixture()
    let check = hub.check
    hub.server.record(check, .down, region: "eu-west", reason: Reason(code: .timeout, message: "no answer"))
    hub.server.record(check, .up, region: "us-east")
    let slot = check.grid.slot(at: hub.server.time.now)
    let run = Run(
      check: check.id, region: "hub", node: "", slot: slot, started: slot.start, duration: .zero, verdict: .unknown,
      reason: Reason(code: .blind, message: "1 of 4 regions had a say, and 3 are needed"), attempts: 0, traceID: "")
    hub.server.recentRuns.decide(run)
    try await hub.server.serving { client async throws in
      let answer = try await client.get("/api/v1/checks/shop").text
      #expect(answer.contains(#""verdict":"unknown","in_maintenance":false"#))
      #expect(answer.contains(#""blind":true"#))
      #expect(answer.contains(#""region":"eu-west","verdict":"down""#))
      #expect(try await client.get("/").text.contains("We are blind for 1 check"))
    }
  }

  private static let bearer = ["Authorization": "Bearer good"]
}

/// A server of a hub over a store in memory.
struct HubFixture {
  let server: ServerFixture
  let store: MemoryFleetStore
  let view: FleetView
  let desk: HubDesk
  let check: Check

  init() throws {
    check = try .sample("shop")
    server = ServerFixture([check])
    store = MemoryFleetStore(time: server.time)
    view = FleetView(store: store, time: server.time)
    desk = HubDesk(store: store, view: view, supply: NoSupply(), time: server.time)
    let sources = FleetSources(desk: desk, view: view)
    server.fleet.withLock { $0 = sources }
    server.access.apply(pages: [], tokens: [], nodes: [Self.pass("good", region: "eu-west")])
  }

  static func pass(_ token: String, region: String, expires: Timestamp? = nil) -> NodePass {
    NodePass(name: token, proof: .token(digest: TokenText.digest(token)), region: region, expires: expires)
  }

  func registration() throws -> String {
    let node = NodeDescription(name: "probe-1", region: "eu-west", version: "1.0", spool: 7)
    return String(decoding: try JSONEncoder().encode(Registration(node)), as: UTF8.self)
  }

  private struct NoSupply: WorkSupply {
    var plan: HubPlan { HubPlan() }

    func change(since version: Int64, digest: String?, asked: Duration) -> ConfigurationChange? { nil }

    func values(
      for node: String, in region: String, memberships: [Membership], opinions: [CheckID]
    ) -> SuppliedValues { SuppliedValues() }
  }
}
