import Model
import Server
import TestSupport
import Testing

@Suite("The status page")
struct StatusPageTests {
  /// What a reader sees: the text between the tags of the body, a line each.
  static func words(_ html: String) -> [String] {
    guard let body = html.firstRange(of: "<body>") else { return [] }
    var words: [String] = []
    var rest = html[body.upperBound...]
    while let open = rest.firstIndex(of: "<") {
      let text = rest[..<open].split(whereSeparator: \.isWhitespace).joined(separator: " ")
      if !text.isEmpty { words.append(text) }
      guard let close = rest[open...].firstIndex(of: ">") else { break }
      rest = rest[rest.index(after: close)...]
    }
    return words
  }

  @Test("it says of each check what people ask for")
  func texts() async throws {
    let front = try Check.sample("front-page", name: "Front page", group: "Shop")
    let till = try Check.sample("till", name: "Till", group: "Shop")
    let fixture = ServerFixture([front, till])
    for slotsAgo in (0..<5).reversed() { fixture.record(front, .up, slotsAgo: slotsAgo) }
    fixture.record(till, .up, slotsAgo: 2)
    fixture.record(
      till, .down, reason: Reason(code: .expectationFailed, message: "status is 503, expected 201"))
    fixture.store.change {
      $0.tallies[front.id] = SlotTally(expected: 1000, up: 989, degraded: 9, down: 1, missed: 1)
      $0.tallies[till.id] = SlotTally(expected: 100, up: 90, down: 10)
      $0.latencies[front.id] = ObjectivesTests.histogram([8])
    }
    try await fixture.serving { client async throws in
      let answer = try await client.get("/")
      #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
      let words = Self.words(answer.text)
      let expected: [String] = [
        "1 of 2 checks is down", "as of", "2026-01-01 00:00:00 UTC", "all", "2", "down", "1", "up", "1",
        "Check", "Last slots", "Availability", "Coverage", "Budget left", "p95", "Last run", "Shop",
        "Front page", "up", "99.899 %", "of 99.5 %, 30d", "99.9 %", "79.9 %", "8 ms", "Till", "down",
        "status is 503, expected 201", "since", "90 %", "below 99.5 %, 30d", "100 %", "−1900 %", "–",
      ]
      var rest = words[...]
      for text in expected {
        let place = try #require(rest.firstIndex(of: text), "\"\(text)\" is not among \(rest)")
        rest = rest[(place + 1)...]
      }
      #expect(answer.text.contains("aria-label=\"last 5 slots: 5 up\""))
      #expect(answer.text.contains("aria-label=\"last 3 slots: 1 up, 1 down, 1 missed\""))
      #expect(answer.text.contains("· down · an expectation did not hold · 120 ms\""))
    }
  }

  @Test("a strip ends now: a long gap is told by its newest slots, and an overdue check by the slots without a run")
  func strips() async throws {
    let gap = try Check.sample("gap")
    let overdue = try Check.sample("overdue")
    let off = try Check.sample("off", isEnabled: false)
    let fixture = ServerFixture([gap, overdue, off])
    for slotsAgo in [1000, 2, 0] { fixture.record(gap, .up, slotsAgo: slotsAgo) }
    fixture.record(overdue, .up, slotsAgo: 6)
    fixture.record(off, .up, slotsAgo: 6)
    try await fixture.serving { client async throws in
      let html = try await client.get("/").text
      #expect(html.contains("aria-label=\"last 20 slots: 2 up, 18 missed\""))
      let newest = gap.grid.slot(at: fixture.time.now)
      func title(slotsAgo: Int64) -> String {
        let start = gap.grid.slot(number: newest.number - slotsAgo).start.rfc3339(fractionDigits: 0)
        return "title=\"\(start.prefix(10)) \(start.dropFirst(11).prefix(8)) UTC · missed: no run\""
      }
      #expect(html.contains(title(slotsAgo: 1)))
      #expect(html.contains(title(slotsAgo: 19)))
      #expect(!html.contains(title(slotsAgo: 999)))
      // The slot that is under way, and the one before it, may get their runs still.
      #expect(html.contains("aria-label=\"last 5 slots: 1 up, 4 missed\""))
      #expect(html.contains("aria-label=\"last 1 slot: 1 up\""))
    }
  }

  @Test(
    "nothing that others wrote becomes markup",
    arguments: [
      "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "a & b &lt;",
      "</title></style>", "\u{0}\u{1b}[31m",
    ])
  func hostile(_ text: String) async throws {
    let encoded = text.utf8.map { byte in "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    for path in ["/", "/?search=" + encoded, "/?group=" + encoded] {
      let html = try await Self.page(path, of: text)
      for forbidden in ["<script", "<img", "' onmouseover", "</title></style>", "\u{0}", "\u{1b}", "& b"] {
        #expect(html.contains(forbidden) == false, "\(forbidden) in \(path)")
      }
    }
    let harmless = try await Self.page("/", of: "harmless")
    let html = try await Self.page("/", of: text)
    #expect(html.count { $0 == "<" } == harmless.count { $0 == "<" }, "as many tags as for harmless text")
    #expect(html.count { $0 == "\"" } == harmless.count { $0 == "\"" }, "as many quotes as for harmless text")
  }

  /// The page of one check whose every text is `text`.
  static func page(_ path: String, of text: String) async throws -> String {
    let check = try Check.sample("a", name: text, group: text)
    let fixture = ServerFixture([check])
    fixture.record(check, .down, region: text, reason: Reason(code: .timeout, message: text))
    fixture.record(check, .down, region: "eu", reason: Reason(code: .timeout, message: text))
    return try await fixture.serving { client async throws in try await client.get(path).text }
  }

  @Test("it needs nothing else, and its policy allows nothing else")
  func selfContained() async throws {
    try await ServerFixture([.sample("a")]).serving { client async throws in
      let answer = try await client.get("/")
      let policy = try #require(answer.headers["content-security-policy"])
      let nonce = try #require(policy.split(separator: "'").first { $0.hasPrefix("nonce-") }).dropFirst(6)
      #expect(answer.text.contains("<style nonce=\"\(nonce)\">"))
      let other = try await client.get("/").headers["content-security-policy"]
      #expect(other != policy, "a nonce is used once")
      for forbidden in ["<script", " style=\"", "http://", "https://", " onclick", "src=\"", "@import", "url("] {
        let html = answer.text.replacing("xmlns=&#39;http://www.w3.org/2000/svg&#39;", with: "")
        #expect(html.contains(forbidden) == false, "\(forbidden)")
      }
      #expect(answer.text.contains("<meta http-equiv=\"refresh\" content=\"30\">"))
    }
  }

  @Test(
    "the whole state is one sentence",
    arguments: [
      ([], "No checks are loaded"), ([nil], "Waiting for the first runs"), ([.up], "The check is up"),
      ([.up, .up], "All 2 checks are up"), ([.up, nil], "1 of 2 checks is up, the others have not run yet"),
      ([.down], "The check is down"), ([.down, .down], "All 2 checks are down"),
      ([.up, .degraded, .up], "1 of 3 checks is degraded"), ([.degraded, .unknown, .up], "1 of 3 checks is unknown"),
      ([.degraded, .unknown, .down, .down], "2 of 4 checks are down"),
    ] as [([Verdict?], String)])
  func headline(_ verdicts: [Verdict?], _ sentence: String) async throws {
    let checks = try verdicts.indices.map { try Check.sample("check-\($0)") }
    let fixture = ServerFixture(checks)
    for (check, verdict) in zip(checks, verdicts) {
      guard let verdict else { continue }
      fixture.record(check, verdict, reason: verdict == .up ? nil : Reason(code: .internal, message: "x"))
    }
    try await fixture.serving { client async throws in
      let html = try await client.get("/").text
      #expect(html.contains("<title>\(sentence)</title>"))
      #expect(Self.words(html).first == sentence)
    }
  }

  @Test("of many checks the wrong ones come first, and the rest is on further pages")
  func pages() async throws {
    let checks = try (0..<250).map { try Check.sample("check-\($0)", group: "group-\($0 / 50)") }
    let fixture = ServerFixture(checks)
    for (index, check) in checks.enumerated() {
      let isDown = index == 222
      fixture.record(check, isDown ? .down : .up, reason: isDown ? Reason(code: .timeout, message: "late") : nil)
    }
    try await fixture.serving { client async throws in
      func ids(_ path: String) async throws -> [String] {
        let html = try await client.get(path).text
        return html.split(separator: "<tr id=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
      }
      let first = try await ids("/")
      #expect(first.first == "check-222")
      #expect(first.count == 100)
      let all = try await first + ids("/?page=2") + ids("/?page=3")
      #expect(Set(all) == Set(checks.map(\.id.text)))
      #expect(all.count == 250)
      let last = try await ids("/?page=3")
      #expect(try await ids("/?page=99") == last, "past the end is the last page")
      #expect(try await ids("/?state=down") == ["check-222"])
      #expect(try await ids("/?group=group-1").count == 50)
      #expect(try await ids("/?search=CHECK-24") == ["check-24"] + (240..<250).map { "check-\($0)" })
      #expect(try await client.get("/?page=2&utm_source=chat").status == 200)
      #expect(try await client.get("/?state=broken").status == 400)
      #expect(try await client.get("/?page=0").status == 400)
      let none = try await client.get("/?search=zzz").text
      #expect(Self.words(none).contains("No check passes this filter."))
    }
  }

  @Test("a run is seen at the next look, and a reload too")
  func current() async throws {
    let fixture = try ServerFixture([.sample("a")])
    try await fixture.serving { client async throws in
      #expect(try await client.get("/").text.contains("<title>Waiting for the first runs</title>"))
      fixture.time.advance(by: .milliseconds(1))
      fixture.record(try Check.sample("a"), .up)
      #expect(try await client.get("/").text.contains("<title>The check is up</title>"))
      fixture.catalogue.apply([])
      #expect(try await client.get("/").text.contains("<title>No checks are loaded</title>"))
    }
  }

  @Test("it is served without history, and says so")
  func withoutHistory() async throws {
    let check = try Check.sample("a")
    let fixture = ServerFixture([check])
    fixture.record(check, .up)
    fixture.store.change { $0.isBroken = true }
    try await fixture.serving { client async throws in
      let answer = try await client.get("/")
      #expect(answer.status == 200)
      #expect(answer.text.contains("History cannot be read at the moment, so there are no figures."))
      #expect(Self.words(answer.text).first == "The check is up")
    }
  }

  @Test("a percentage is never rounded up to 100")
  func floored() async throws {
    let check = try Check.sample("a")
    let fixture = ServerFixture([check])
    fixture.store.change { $0.tallies[check.id] = SlotTally(expected: 10_000_000, up: 9_999_999, down: 1) }
    try await fixture.serving { client async throws in
      let html = try await client.get("/").text
      #expect(Self.words(html).contains("99.999 %"))
    }
  }

  @Test("regions are named where there are several, and maintenance is said")
  func regions() async throws {
    let check = try Check.sample("a")
    let fixture = ServerFixture([check])
    fixture.record(check, .up, region: "eu", isInMaintenance: true)
    fixture.record(
      check, .down, region: "us", reason: Reason(code: .connectRefused, message: "connection refused"),
      isInMaintenance: true)
    try await fixture.serving { client async throws in
      let words = Self.words(try await client.get("/").text)
      #expect(words.contains("degraded, in maintenance"))
      #expect(words.contains("us: connection refused"))
      #expect(words.contains("eu"))
    }
  }
}
