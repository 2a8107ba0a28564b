import Model
import Server
import TestSupport
import Testing

@Suite("The API of incidents, exclusions, maintenance and months")
struct RecordsAPITests {
  private static let auth = ["Authorization": "Bearer right"]

  private func fixture() throws -> ServerFixture {
    let fixture = ServerFixture([try .sample("a"), try .sample("b")])
    fixture.access.apply(
      pages: [],
      tokens: [APIToken(name: "test", digest: TokenText.digest("right"), scopes: [.incidents, .exclusions])])
    return fixture
  }

  @Test("an incident is reported, spoken of, acknowledged and read")
  func incident() async throws {
    try await fixture().serving { client async throws in
      let made = try await client.post(
        "/api/v1/incidents",
        #"{"title":"Slow","text":"We look","author":"Ada","impacts":[{"check":"a","level":"partial"}]}"#, Self.auth)
      #expect(made.status == 201)
      #expect(made.headers["location"] == "/api/v1/incidents/1")
      let one = try await client.get("/api/v1/incidents/1")
      #expect(one.text == made.text)
      #expect(one.text.contains(#""impacts":[{"check":"a","level":"partial"}]"#))
      let updated = try await client.post(
        "/api/v1/incidents/1/updates", #"{"text":"Found","author":"Ada","state":"identified"}"#, Self.auth)
      #expect(updated.status == 201)
      #expect(updated.text.contains(#""state":"identified""#))
      let seen = try await client.post(
        "/api/v1/incidents/1/acknowledgement", #"{"by":"Bo","note":null}"#, Self.auth)
      #expect(seen.status == 200)
      #expect(seen.text.contains(#""acknowledgement":{"by":"Bo","note":null"#))
      for path in ["/api/v1/incidents/2/updates", "/api/v1/incidents/01/updates", "/api/v1/incidents/x/updates"] {
        let missing = try await client.post(path, #"{"text":"x","author":"y"}"#, Self.auth)
        #expect(missing.status == 404)
        #expect(missing.text.contains("urn:curlew:problem:unknown-incident"))
      }
    }
  }

  @Test("where no replica decides for long, it is said that nothing was kept, and when to send it again")
  func undecided() async throws {
    let fixture = try fixture()
    fixture.records.change { $0.isUndecided = true }
    try await fixture.serving { client async throws in
      let body = #"{"title":"Slow","text":"We look","author":"Ada"}"#
      let answer = try await client.post("/api/v1/incidents", body, Self.auth)
      #expect(answer.status == 503)
      #expect(answer.headers["retry-after"] == "1")
      #expect(answer.text.contains("urn:curlew:problem:no-leader") && answer.text.contains("nothing was kept"))
    }
    #expect(fixture.records.read(\.incidents).isEmpty)
  }

  @Test("incidents are listed page by page, and narrowed")
  func incidents() async throws {
    let fixture = try fixture()
    let check = try #require(CheckID("a"))
    for number in 0..<3 {
      let moment = Timestamp(secondsSinceEpoch: 1_767_000_000 + Int64(number))
      _ = try await fixture.records.insert(
        Incident(
          origin: .automatic, check: check, title: "#\(number)", impacts: [],
          state: number == 2 ? .investigating : .resolved,
          began: moment, opened: moment))
    }
    try await fixture.serving { client async throws in
      let first = try await client.get("/api/v1/incidents?limit=2")
      #expect(first.text.contains(##""title":"#2""##) && first.text.contains(##""title":"#1""##))
      #expect(first.text.contains(#""next":"1767000001000.2""#))
      let rest = try await client.get("/api/v1/incidents?limit=2&cursor=1767000001000.2")
      #expect(rest.text.contains(##""title":"#0""##) && !rest.text.contains(##""title":"#1""##))
      #expect(rest.text.contains(#""next":null"#))
      _ = try await client.get("/api/v1/incidents?check=a&state=open&from=2026-01-01T00:00:00Z")
      let query = try #require(fixture.records.read(\.incidentQueries.last))
      #expect(query.checks == [check])
      #expect(query.isOpen == true)
      #expect(query.from == Timestamp(secondsSinceEpoch: 1_767_225_600))
      for wrong in ["state=shut", "cursor=1", "limit=0", "check=A%20b", "x=1"] {
        #expect(try await client.get("/api/v1/incidents?" + wrong).status == 400)
      }
    }
  }

  @Test(
    "a body that says something wrong is told with the place of each fault",
    arguments: [
      ("{}", ["/title", "/text", "/author"]),
      (#"{"title":"x","text":"y","author":"z","titel":1}"#, ["/titel"]),
      (#"{"title":" ","text":"y","author":"z"}"#, ["/title"]),
      (#"{"title":"a\nb","text":"y","author":"z"}"#, ["/title"]),
      (#"{"title":7,"text":"y","author":"z","state":"open"}"#, ["/title", "/state"]),
      (
        #"{"title":"x","text":"y","author":"z","impacts":[{"check":"nothing","level":"major"},{"level":"x"},3]}"#,
        ["/impacts/2", "/impacts/0/check", "/impacts/1/check", "/impacts/1/level"]
      ),
      (#"{"title":"x","text":"y","author":"z","began":"2027-01-01T00:00:00Z"}"#, ["/began"]),
      ("[]", [""]), ("{", [""]), ("", [""]), (#"{"title":"x","title":"y"}"#, [""]),
      ("{\"a/b\":1}", ["/title", "/text", "/author", "/a~1b"]),
    ])
  func wrongBodies(body: String, pointers: [String]) async throws {
    try await fixture().serving { client async throws in
      let answer = try await client.post("/api/v1/incidents", body, Self.auth)
      #expect(answer.status == 422)
      #expect(answer.headers["content-type"] == "application/problem+json")
      let found = answer.text.split(separator: #"{"pointer":""#).dropFirst().map { String($0.prefix { $0 != "\"" }) }
      #expect(found.sorted() == pointers.sorted())
    }
  }

  @Test("a body is JSON of at most 64 KiB, declared or not")
  func bodies() async throws {
    try await fixture().serving { client async throws in
      for type in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let answer = try await client.post("/api/v1/incidents", "{}", Self.auth.merging(["Content-Type": type]) { $1 })
        #expect(answer.status == 415)
      }
      let large = String(repeating: " ", count: 64 * 1024 + 1)
      #expect(try await client.post("/api/v1/incidents", large, Self.auth).status == 413)
      let chunk = String(repeating: " ", count: 0x11000)
      let raw = try await client.exchange(
        "POST /api/v1/incidents HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer right\r\n"
          + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n11000\r\n\(chunk)\r\n0\r\n\r\n")
      #expect(HTTPAnswer(raw)?.status == 413)
    }
  }

  @Test("time is excluded and taken back once")
  func exclusions() async throws {
    let fixture = try fixture()
    try await fixture.serving { client async throws in
      let body =
        #"{"checks":["a"],"from":"2025-12-01T00:00:00Z","until":"2025-12-01T01:00:00Z","reason":"a drill","author":"Ada"}"#
      let made = try await client.post("/api/v1/exclusions", body, Self.auth)
      #expect(made.status == 201)
      #expect(made.text.hasPrefix(#"{"id":1,"checks":["a"],"from":"2025-12-01T00:00:00.000Z""#))
      let back = try await client.post(
        "/api/v1/exclusions/1/withdrawal", #"{"reason":"wrong day","author":"Ada"}"#, Self.auth)
      #expect(back.status == 201)
      #expect(back.text.contains(#""withdraws":1"#))
      #expect(
        try await client.post("/api/v1/exclusions/9/withdrawal", #"{"reason":"x","author":"y"}"#, Self.auth).status
          == 404)
      #expect(try await client.get("/api/v1/exclusions").text.contains(#""reason":"wrong day""#))
      for (number, why) in [(1, "was withdrawn already, by entry 2"), (2, "is a withdrawal, which stays")] {
        let refused = try await client.post(
          "/api/v1/exclusions/\(number)/withdrawal", #"{"reason":"x","author":"y"}"#, Self.auth)
        #expect(refused.status == 409)
        #expect(refused.text.contains(why))
      }
      let future = body.replacing("2025-12-01T01", with: "2027-12-01T01")
      #expect(try await client.post("/api/v1/exclusions", future, Self.auth).text.contains(#""pointer":"/until""#))
    }
  }

  @Test("planned work and closed months are read")
  func plansAndMonths() async throws {
    let fixture = try fixture()
    let check = try #require(CheckID("a"))
    let now = fixture.time.now
    fixture.records.change { state in
      state.maintenance = [
        MaintenanceOccurrence(
          window: "patching", title: "Patching", scope: MaintenanceScope(checks: [check]), from: now + .seconds(60),
          until: now + .seconds(120))
      ]
      state.months = [
        ClosedMonth(
          check: check, month: YearMonth(year: 2025, month: 12), timeZone: "UTC", revision: 1, closedAt: now,
          tally: SlotTally(expected: 4, up: 3, down: 1), unadjusted: SlotTally(expected: 4, up: 3, down: 1),
          incidentDowntime: .seconds(60), objective: 0.99)
      ]
    }
    try await fixture.serving { client async throws in
      #expect(try await client.get("/api/v1/maintenance").text.contains(#""window":"patching""#))
      #expect(try await client.get("/api/v1/maintenance?check=a").text.contains(#""window":"patching""#))
      #expect(try await client.get("/api/v1/maintenance?check=b").text == "{\"maintenance\":[]}\n")
      #expect(
        try await client.get("/api/v1/maintenance?from=2026-01-01T00:00:00Z&to=2028-01-01T00:00:00Z").status == 400)
      #expect(try await client.get("/api/v1/months?month=2025-12&check=a").text.contains(#""availability":0.75"#))
      #expect(try await client.get("/api/v1/months?month=2025-11").text == "{\"months\":[]}\n")
      #expect(try await client.get("/api/v1/months?month=2025-13").status == 400)
    }
  }
}
