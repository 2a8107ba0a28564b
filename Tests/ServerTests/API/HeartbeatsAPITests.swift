import Model
import Server
import TestSupport
import Testing

@Suite("The API of heartbeats")
struct HeartbeatsAPITests {
  private static let own = ["Authorization": "Bearer job-secret"]

  private func fixture() throws -> ServerFixture {
    var job = try Check.sample("backup")
    job.heartbeat = Heartbeat(grace: .seconds(60), token: Secret("job-secret"))
    var other = try Check.sample("other")
    other.heartbeat = Heartbeat(grace: .seconds(60))
    let fixture = ServerFixture([job, other, try .sample("front-page")])
    fixture.access.apply(
      pages: [], tokens: [APIToken(name: "all", digest: TokenText.digest("all"), scopes: [.heartbeats])])
    return fixture
  }

  @Test("a line of a crontab is enough: the query says it all")
  func query() async throws {
    let fixture = try fixture()
    try await fixture.serving { client async throws in
      let answer = try await client.send(
        "POST", "/api/v1/heartbeats/backup?status=failure&duration=1m30s&output=no%20space", Self.own)
      #expect(answer.status == 202)
      #expect(answer.text == "{\"accepted\":1,\"duplicates\":0}\n")
      #expect(try await client.send("POST", "/api/v1/heartbeats/backup", Self.own).status == 202)
      #expect(try await client.send("POST", "/api/v1/heartbeats/backup?duration=12.5", Self.own).status == 202)
      let signals = fixture.records.read(\.signals)
      #expect(signals.map(\.kind) == [.failure, .success, .success])
      #expect(signals.map(\.duration) == [.seconds(90), nil, .milliseconds(12_500)])
      #expect(signals[0].output == "no space")
      #expect(signals[0].at == fixture.time.now)
      #expect(try await client.send("POST", "/api/v1/heartbeats/backup?status=done", Self.own).status == 400)
      #expect(try await client.get("/api/v1/heartbeats/backup", Self.own).status == 405)
    }
  }

  @Test("a body says the same, and its key makes a repeated report the same one")
  func body() async throws {
    let fixture = try fixture()
    try await fixture.serving { client async throws in
      let body = #"{"status":"success","at":"2025-12-31T23:00:00Z","duration":"2m","idempotency_key":"k1"}"#
      #expect(try await client.post("/api/v1/heartbeats/backup", body, Self.own).text.contains(#""accepted":1"#))
      #expect(try await client.post("/api/v1/heartbeats/backup", body, Self.own).text.contains(#""duplicates":1"#))
      let both = try await client.post("/api/v1/heartbeats/backup?status=start", body, Self.own)
      #expect(both.status == 400)
      let future = #"{"at":"2026-01-01T00:06:00Z"}"#
      #expect(try await client.post("/api/v1/heartbeats/backup", future, Self.own).text.contains(#""pointer":"/at""#))
    }
  }

  @Test("output is handed on whole, for it is cut where secrets are masked")
  func longOutput() async throws {
    let fixture = try fixture()
    try await fixture.serving { client async throws in
      let output = String(repeating: "x", count: 30_000)
      let body = "{\"status\":\"failure\",\"output\":\"\(output)\"}"
      #expect(try await client.post("/api/v1/heartbeats/backup", body, Self.own).status == 202)
      #expect(fixture.records.read(\.signals).first?.output == output)
    }
  }

  @Test("a batch carries what could not be sent, and tells the place of what is wrong in it")
  func batch() async throws {
    let fixture = try fixture()
    try await fixture.serving { client async throws in
      let good =
        #"{"signals":[{"status":"start","at":"2025-12-31T23:00:00Z"},{"status":"success","at":"2025-12-31T23:01:00Z"}]}"#
      #expect(try await client.post("/api/v1/heartbeats/backup/batch", good, Self.own).text.contains(#""accepted":2"#))
      let bad = #"{"signals":[{"status":"start","at":"2025-12-31T23:00:00Z"},{"status":"x"}]}"#
      let refused = try await client.post("/api/v1/heartbeats/backup/batch", bad, Self.own)
      #expect(refused.status == 422)
      #expect(refused.text.contains("/signals/1/at") && refused.text.contains("/signals/1/status"))
      #expect(fixture.records.read(\.signals).count == 2)
    }
  }

  @Test("a job's token opens its own door alone, one with the scope opens all")
  func tokens() async throws {
    try await fixture().serving { client async throws in
      let all = ["Authorization": "Bearer all"]
      #expect(try await client.send("POST", "/api/v1/heartbeats/other", Self.own).status == 401)
      #expect(try await client.send("POST", "/api/v1/heartbeats/other", all).status == 202)
      #expect(try await client.send("POST", "/api/v1/heartbeats/backup", all).status == 202)
      #expect(try await client.send("POST", "/api/v1/heartbeats/backup").status == 401)
      // Whether a check is there is not told to everybody.
      #expect(try await client.send("POST", "/api/v1/heartbeats/nothing").status == 401)
      #expect(try await client.send("POST", "/api/v1/heartbeats/nothing", all).status == 404)
      #expect(try await client.send("POST", "/api/v1/heartbeats/front-page", all).status == 404)
    }
  }

  @Test("a flood of one job is stopped with a time to wait, and keeps no other job from reporting")
  func flood() async throws {
    let fixture = try fixture()
    try await fixture.serving { client async throws in
      var last: HTTPAnswer?
      for _ in 0..<61 { last = try await client.send("POST", "/api/v1/heartbeats/backup", Self.own) }
      #expect(last?.status == 429)
      #expect(last?.headers["retry-after"] == "1")
      #expect(
        try await client.send("POST", "/api/v1/heartbeats/other", ["Authorization": "Bearer all"]).status == 202)
      fixture.time.advance(by: .seconds(1))
      #expect(try await client.send("POST", "/api/v1/heartbeats/backup", Self.own).status == 202)
      #expect(fixture.records.read(\.signals).count == 62)
    }
  }
}
