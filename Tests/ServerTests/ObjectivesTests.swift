import Model
import Recording
import Server
import Synchronization
import TestSupport
import Testing

@Suite("What is kept of promises")
struct ObjectivesTests {
  static let tally = SlotTally(
    expected: 1000, up: 900, degraded: 50, down: 10, unknown: 20, missed: 10, maintenance: 10, downtime: .seconds(300))

  static func histogram(_ milliseconds: [Int]) -> LatencyHistogram {
    var histogram = LatencyHistogram()
    for each in milliseconds { histogram.add(.milliseconds(each)) }
    return histogram
  }

  @Test("availability over a window has the members of the report")
  func availability() async throws {
    let check = try Check.sample("a")
    let fixture = ServerFixture([check])
    fixture.store.change {
      $0.tallies[check.id] = Self.tally
      $0.latencies[check.id] = Self.histogram([8, 8, 8, 8])
    }
    try await fixture.serving { client async throws in
      #expect(
        try await client.get("/api/v1/checks/a/availability?window=7d&at=2026-01-08T00:00:00Z").text == """
          {"check":"a","region":null,"window":"7d","from":"2026-01-01T00:00:00.000Z","to":"2026-01-08T00:00:00.000Z",\
          "slots":{"expected":1000,"up":900,"degraded":50,"down":10,"unknown":20,"missed":10,"maintenance":10},\
          "availability":0.9895833333333334,"coverage":0.97,"objective":0.995,"budget_remaining":-1.0833333333333333,\
          "downtime_seconds":300,"latency_ms":{"p50":\(Self.middle),"p95":\(Self.middle),"p99":\(Self.middle),"mean":8},\
          "excluded_slots":0,"availability_unadjusted":0.9895833333333334,\
          "budget_remaining_unadjusted":-1.0833333333333333,"downtime_from_incidents_seconds":null,\
          "time_availability":null,"latency_objective_ratio":null,"burn_rates":[\
          {"long":"1h","short":"5m","factor":3.36,"long_rate":null,"short_rate":null,"failures":0,"burning":false},\
          {"long":"6h","short":"30m","factor":1.4,"long_rate":null,"short_rate":null,"failures":0,"burning":false},\
          {"long":"1d","short":"2h","factor":0.7,"long_rate":null,"short_rate":null,"failures":0,"burning":false},\
          {"long":"3d","short":"6h","factor":0.23333333333333334,"long_rate":null,"short_rate":null,"failures":0,\
          "burning":false}],"time_to_empty_seconds":0}

          """)
      let query = try #require(fixture.store.read(\.seriesQueries).last)
      #expect(query.boundaries.first == Timestamp(secondsSinceEpoch: 1_767_225_600))
      #expect(query.boundaries.last == Timestamp(secondsSinceEpoch: 1_767_830_400))
      _ = try await client.get("/api/v1/checks/a/availability?region=us")
      let second = try #require(fixture.store.read(\.seriesQueries).last)
      #expect(second.scope == .only("us"))
      let length = zip(second.boundaries, second.boundaries.reversed()).first { _ in true }.map { $1 - $0 }
      #expect(length == .days(30), "the window of the objective where none is given")
    }
  }

  /// The middle of the bucket that 8 ms falls into.
  static let middle = histogram([8]).percentile(0.5)?.milliseconds ?? 0

  @Test("every objective is listed with what is left of it")
  func objectives() async throws {
    let promise = Objective(
      availability: 0.99, window: .rolling(.days(7)), latency: LatencyObjective(below: .milliseconds(100), ratio: 0.5))
    let checks = try [Check.sample("a", group: "shop", objective: promise), Check.sample("b")]
    let fixture = ServerFixture(checks)
    fixture.store.change {
      $0.tallies[checks[0].id] = Self.tally
      $0.latencies[checks[0].id] = Self.histogram([8, 8, 8, 500])
    }
    try await fixture.serving { client async throws in
      let text = try await client.get("/api/v1/sla").text
      #expect(
        text.contains(
          """
          {"check":"a","name":"a","group":"shop","window":"7d","from":"2025-12-25T00:00:00.000Z",\
          "to":"2026-01-01T00:00:00.000Z","target":0.99,"availability":0.9895833333333334,"coverage":0.97,\
          "error_ratio":0.010416666666666666,"budget_remaining":-0.041666666666666664,"burn_rate":1.0416666666666667,\
          "met":false,
          """), "\(text)")
      #expect(text.contains("\"latency\":{\"below_ms\":100,\"target\":0.5,\"ratio\":0.75,\"met\":true}"))
      #expect(text.contains("{\"check\":\"b\",\"name\":\"b\",\"group\":null,\"window\":\"30d\""))
      #expect(text.contains("\"availability\":null,\"coverage\":null"))
      #expect(try await client.get("/sla/status").text == text)
      #expect(try await client.get("/api/v1/sla?check=b").text.contains("\"check\":\"a\"") == false)
      #expect(try await client.get("/api/v1/sla?group=shop").text.contains("\"check\":\"b\"") == false)
    }
  }

  @Test("a thousand checks of one window cost history one question, and metrics hear of each")
  func oneQuery() async throws {
    let checks = try (0..<1000).map { try Check.sample("check-\($0)") }
    let fixture = ServerFixture(checks)
    fixture.store.change { $0.tallies[checks[7].id] = Self.tally }
    try await fixture.serving { client async throws in
      #expect(try await client.get("/api/v1/sla").status == 200)
    }
    #expect(fixture.store.read(\.seriesQueries).count == 1)
    let published = fixture.figures.all.withLock { $0 }
    #expect(published.count == 1000)
    #expect(published[7].window == "30d")
    #expect(published[7].availability == 950.0 / 960)
    #expect(published[8].availability == nil)
  }

  @Test("latencies are asked for in portions, and every check has its turn")
  func rotation() async throws {
    let checks = try (0..<1500).map { try Check.sample("check-\($0)") }
    let fixture = ServerFixture(checks)
    try await fixture.serving { client async throws in
      _ = try await client.get("/api/v1/sla")
      #expect(fixture.store.read(\.latencyQueries).count == 1000)
      fixture.time.advance(by: .seconds(60))
      _ = try await client.get("/api/v1/sla")
      #expect(fixture.store.read(\.latencyQueries).count == 2000)
      #expect(Set(fixture.store.read(\.latencyQueries)) == Set(checks.map(\.id)))
    }
  }

  @Test("figures are as fresh as a second, and no fresher than their cost allows")
  func freshness() async throws {
    let check = try Check.sample("a")
    let fixture = ServerFixture([check])
    try await fixture.serving { client async throws in
      func ask() async throws -> Int {
        _ = try await client.get("/api/v1/sla")
        return fixture.store.read(\.seriesQueries).count
      }
      #expect(try await ask() == 1)
      #expect(try await ask() == 1)
      fixture.time.advance(by: .milliseconds(1100))
      fixture.store.change { $0.onLatency = { fixture.time.advance(by: .seconds(1)) } }
      #expect(try await ask() == 2)
      fixture.time.advance(by: .seconds(9))
      #expect(try await ask() == 2, "a refresh of a second is not repeated within ten")
      fixture.time.advance(by: .seconds(2))
      #expect(try await ask() == 3)
    }
  }

  @Test("a reload is seen at once")
  func reload() async throws {
    let fixture = try ServerFixture([.sample("a")])
    try await fixture.serving { client async throws in
      _ = try await client.get("/api/v1/sla")
      fixture.catalogue.apply([try Check.sample("b")])
      let text = try await client.get("/api/v1/sla").text
      #expect(text.contains("\"check\":\"b\""))
      #expect(!text.contains("\"check\":\"a\""))
    }
  }

  @Test("the board refreshes itself every 15 seconds, and goes on when history fails")
  func running() async throws {
    let fixture = try ServerFixture([.sample("a")])
    let running = Task { await fixture.board.run() }
    await fixture.time.sleepers(1)
    #expect(fixture.store.read(\.seriesQueries).count == 1)
    fixture.store.change { $0.isBroken = true }
    fixture.time.advance(by: .seconds(15))
    await fixture.time.sleepers(1)
    fixture.store.change { $0.isBroken = false }
    fixture.time.advance(by: .seconds(15))
    await fixture.time.sleepers(1)
    #expect(fixture.store.read(\.seriesQueries).count == 2)
    running.cancel()
    await running.value
  }
}
