import Model
import Server
import TestSupport
import Testing

@Suite("The API of checks")
struct ChecksAPITests {
  @Test("a check is shown with its state, its promise and its place")
  func one() async throws {
    let check = try Check.sample("front-page", name: "Front \"page\"", group: "shop")
    let fixture = ServerFixture([check])
    fixture.record(check, .up, slotsAgo: 1)
    fixture.record(check, .down, reason: Reason(code: .timeout, message: "no answer within 5 s"))
    try await fixture.serving { client async throws in
      let start = check.grid.slot(at: fixture.time.now).start
      #expect(
        try await client.get("/api/v1/checks/front-page").text == """
          {"id":"front-page","name":"Front \\"page\\"","group":"shop","kind":"http","labels":{},"enabled":true,\
          "every_ms":30000,"timeout_ms":10000,"regions":null,"objective":{"availability":0.995,"window":"30d",\
          "latency":null},"file":"shop.yaml","line":4,"verdict":"down","in_maintenance":false,"since":"\(start)",\
          "reason":{"code":"timeout","message":"no answer within 5 s"},"last_run":"\(start)",\
          "blind":false,"by_region":[{"region":"eu","verdict":"down","overdue":false,"in_maintenance":false,"since":"\(start)",\
          "reason":{"code":"timeout","message":"no answer within 5 s"},"slot_start":"\(start)","started":"\(start)",\
          "duration_ms":120}]}

          """)
    }
  }

  @Test("one run is told as the report has it, as long as it is kept")
  func run() async throws {
    let check = try Check.sample("front-page")
    let fixture = ServerFixture([check])
    fixture.record(check, .down)
    try await fixture.serving { client async throws in
      let path = "/api/v1/checks/front-page/runs/4bf92f3577b34da6a3ce929d0e0e4736"
      let kept = try await client.get(path)
      #expect(kept.status == 200)
      #expect(kept.text == "{\"id\":\"front-page\",\"verdict\":\"down\"}\n")
      let unknown = try await client.get("/api/v1/checks/front-page/runs/00")
      #expect(unknown.status == 404)
      #expect(unknown.text.contains("urn:curlew:problem:unknown-run"))
      #expect(try await client.get("/api/v1/checks/nothing/runs/00").text.contains("urn:curlew:problem:unknown-check"))
      #expect(try await client.get(path + "?x=1").status == 400)
      #expect(try await client.get("/api/v1/checks/front-page/run/00").status == 404)
    }
  }

  @Test("the list keeps the order of the files, and can be narrowed")
  func list() async throws {
    let checks = try [
      Check.sample("b", group: "x"), Check.sample("a", group: "y"), Check.sample("c", isEnabled: false),
    ]
    let fixture = ServerFixture(checks)
    fixture.record(checks[1], .up)
    try await fixture.serving { client async throws in
      func ids(_ query: String) async throws -> [String] {
        let text = try await client.get("/api/v1/checks" + query).text
        return text.split(separator: "{\"id\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
      }
      #expect(try await ids("") == ["b", "a", "c"])
      #expect(try await ids("?group=y") == ["a"])
      #expect(try await ids("?state=up") == ["a"])
      #expect(try await ids("?state=waiting") == ["b"])
      #expect(try await ids("?state=disabled") == ["c"])
      #expect(try await client.get("/api/v1/checks?state=broken").status == 400)
    }
  }

  @Test("a page of runs has the documented form, and hands on its cursor")
  func runs() async throws {
    let check = try Check.sample("a")
    let fixture = ServerFixture([check])
    let start = Timestamp(secondsSinceEpoch: 1_767_225_600)
    let reason = HistoryReason(
      code: .expectationFailed, step: "order", message: "status is 503, expected 201", location: "C:/x.yaml:21:20")
    fixture.store.change {
      $0.page = RunPage(
        runs: [
          HistoryRun(
            check: check.id, region: "eu", node: "node-1", slotStart: start, interval: .seconds(30),
            started: start + .milliseconds(12), duration: .microseconds(123_456), verdict: .down, reason: reason,
            attempts: 2, traceID: "4bf92f3577b34da6a3ce929d0e0e4736"),
          HistoryRun(
            check: check.id, region: "us", slotStart: start, interval: .seconds(30), duration: nil, verdict: .up),
        ], next: RunCursor(slotMilliseconds: 1_767_225_600_000, region: "us"))
    }
    try await fixture.serving { client async throws in
      let answer = try await client.get(
        "/api/v1/checks/a/runs?from=2026-01-01T00:00:00Z&to=2026-01-02T02:00:00%2B02:00&verdict=down&limit=2"
          + "&cursor=1767225660000.eu&region=eu")
      #expect(
        answer.text == """
          {"runs":[{"slot_start":"2026-01-01T00:00:00.000Z","started":"2026-01-01T00:00:00.012Z","region":"eu",\
          "node":"node-1","verdict":"down","reason":{"code":"expectation_failed","step":"order","phase":null,\
          "message":"status is 503, expected 201","file":"C:/x.yaml","line":21,"column":20},"duration_ms":123.456,\
          "attempts":2,"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"},\
          {"slot_start":"2026-01-01T00:00:00.000Z","started":"2026-01-01T00:00:00.000Z","region":"us","node":null,\
          "verdict":"up","reason":null,"duration_ms":null,"attempts":1,"trace_id":null}],\
          "next":"1767225600000.us"}

          """)
    }
    let query = try #require(fixture.store.read(\.runQueries).first)
    #expect(query.from == start)
    #expect(query.to == start + .days(1))
    #expect(query.verdict == .down)
    #expect(query.region == "eu")
    #expect(query.limit == 2)
    #expect(query.cursor == RunCursor(slotMilliseconds: 1_767_225_660_000, region: "eu"))
  }

  @Test(
    "a parameter that is wrong is named, with what is allowed",
    arguments: [
      ("runs?limit=0", "limit", "give a whole number from 1 to 1000"),
      ("runs?limit=ten", "limit", "\\\"ten\\\" is not allowed"),
      ("runs?from=yesterday", "from", "give a time as 2026-11-21T10:56:00Z"),
      ("runs?verdict=bad", "verdict", "give one of up, degraded, down, unknown"),
      ("runs?cursor=x", "cursor", "give the \\\"next\\\" of the page before"),
      ("runs?cursor=9223372036854775807.", "cursor", "give the \\\"next\\\" of the page before"),
      ("runs?since=1", "since", "allowed here: from, to, verdict, region, limit, cursor"),
      ("runs?limit=1&limit=2", "limit", "is given twice"),
      ("runs?limit=%zz", "limit", "is not percent-encoded UTF-8"),
      ("availability?window=fortnight", "window", "give a duration such as 1h, 7d or 30d"),
      ("availability?window=0s", "window", "give a duration"),
      ("availability?window=99999999999d", "window", "give a duration"),
      ("availability?window=4000d", "window", "ten years at most"),
      ("availability?at=now", "at", "give a time"),
      ("?x=1", "x", "none is allowed here"),
    ])
  func badParameter(_ path: String, _ parameter: String, _ words: String) async throws {
    try await ServerFixture([.sample("a")]).serving { client async throws in
      let answer = try await client.get("/api/v1/checks/a" + (path.hasPrefix("?") ? path : "/" + path))
      #expect(answer.status == 400)
      #expect(answer.text.contains(words), "\(answer.text)")
      #expect(answer.text.contains("\"parameter\":\"\(parameter)\""))
    }
  }

  @Test("more parameters than anybody needs are refused unread")
  func parameterFlood() async throws {
    try await ServerFixture([.sample("a")]).serving { client async throws in
      let flood = (0..<1000).map { "p\($0)=1" }.joined(separator: "&")
      #expect(try await client.get("/api/v1/checks?" + flood).text.contains("more than 32 parameters"))
    }
  }

  @Test("history that cannot be read is a 503 that says so, without its insides")
  func brokenStore() async throws {
    let fixture = try ServerFixture([.sample("a")])
    fixture.store.change { $0.isBroken = true }
    try await fixture.serving { client async throws in
      for path in ["/api/v1/checks/a/runs", "/api/v1/checks/a/availability", "/api/v1/sla"] {
        let answer = try await client.get(path)
        #expect(answer.status == 503)
        #expect(answer.headers["retry-after"] == "5")
        #expect(answer.text.contains("urn:curlew:problem:history-unavailable"))
        #expect(!answer.text.contains("Failure"))
      }
      #expect(try await client.get("/api/v1/checks/a").status == 200)
    }
  }
}
