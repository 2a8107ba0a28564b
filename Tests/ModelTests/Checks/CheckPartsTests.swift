import Model
import Testing

@Suite("The id of a check")
struct CheckIDTests {
  @Test(
    "is lower-case letters, digits and dashes",
    arguments: ["a", "0", "front-page", "a--b-", String(repeating: "x", count: 63)])
  func accepts(text: String) {
    #expect(CheckID(text)?.text == text)
  }

  @Test(
    "is nothing else",
    arguments: ["", "-a", "A", "a_b", "a.b", "a b", "ä", "a\n", "a\u{0}", String(repeating: "x", count: 64)])
  func refuses(text: String) {
    #expect(CheckID(text) == nil)
  }

  @Test("has a hash that is the same in every process and version")
  func stable() throws {
    let ids = try ["a", "b", "front-page"].map { try #require(CheckID($0)) }
    #expect(Set(ids.map(\.stableHash)).count == 3)
    // Phases are derived from it: another value would shift every slot of every store.
    #expect(
      ids.map(\.stableHash) == [9_413_272_369_427_828_315, 7_955_382_828_454_826_704, 15_124_444_773_970_584_227])
  }
}

@Suite("An endpoint")
struct EndpointTests {
  @Test(
    "is read from host and port",
    arguments: [
      ("shop.example:443", "shop.example", 443), ("127.0.0.1:1", "127.0.0.1", 1), ("[::1]:53", "::1", 53),
      ("host:65535", "host", 65_535), ("host:00080", "host", 80),
    ])
  func reads(text: String, host: String, port: Int) {
    #expect(Endpoint(text) == Endpoint(host: host, port: port))
  }

  @Test(
    "takes a default port where the text names none",
    arguments: [
      ("shop.example", "shop.example"), ("[::1]", "::1"), ("2001:db8::1", "2001:db8::1"),
    ])
  func defaultPort(text: String, host: String) {
    #expect(Endpoint(text, defaultPort: 443) == Endpoint(host: host, port: 443))
    #expect(Endpoint(text) == nil)
  }

  @Test(
    "is nothing else",
    arguments: [
      "", ":", ":80", "host:", "host:0", "host:65536", "host:-1", "host:+1", "host:8a", "host: 80", "ho st:80",
      "[::1", "[::1]80", "[]:80", "::1:", "a\r\n:80", "host:99999999999999999999", "\u{7f}:1",
    ])
  func refuses(text: String) {
    #expect(Endpoint(text, defaultPort: nil) == nil)
  }

  @Test(
    "takes several colons, and what stands in brackets, for an IPv6 address only where it is one",
    arguments: [
      "ns1:53:53", "a:b:c", "[foo]:80", "[127.0.0.1]:80", ":::", "::1::2", "[::g]:53", "12345::1", "%eth0::1",
    ])
  func noAddress(text: String) {
    #expect(Endpoint(text, defaultPort: 53) == nil)
  }

  @Test("takes an IPv6 address with its zone", arguments: ["fe80::1%eth0", "[fe80::1%eth0]"])
  func zone(text: String) {
    #expect(Endpoint(text, defaultPort: 53) == Endpoint(host: "fe80::1%eth0", port: 53))
  }

  @Test("is written so that it is read as itself", arguments: [("::1", "[::1]:53"), ("a.example", "a.example:53")])
  func writes(host: String, text: String) {
    let endpoint = Endpoint(host: host, port: 53)
    #expect(endpoint.description == text)
    #expect(Endpoint(text) == endpoint)
  }
}

@Suite("A retry policy")
struct RetryPolicyTests {
  @Test("pauses the same each time without backoff")
  func constant() {
    let policy = RetryPolicy(attempts: 5, delay: .milliseconds(300))
    #expect((1...4).map(policy.pause(afterAttempt:)) == [Duration](repeating: .milliseconds(300), count: 4))
  }

  @Test("pauses longer by the backoff, and at most a day")
  func backoff() {
    let policy = RetryPolicy(attempts: .max, delay: .seconds(1), backoff: 2)
    #expect((1...4).map(policy.pause(afterAttempt:)) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
    #expect(policy.pause(afterAttempt: 1000) == .days(1))
    let short = RetryPolicy(attempts: 5, delay: .milliseconds(100), backoff: 2)
    #expect((1...4).map(short.pause(afterAttempt:)) == [100, 200, 400, 800].map { .milliseconds($0) })
  }

  @Test("pauses at most a day, however fast pauses grow and however many there are", arguments: [1e21, 1e308, 1.5])
  func bounded(backoff: Double) {
    let policy = RetryPolicy(attempts: .max, delay: .seconds(1), backoff: backoff)
    #expect(policy.pause(afterAttempt: 1) == .seconds(1))
    #expect(policy.pause(afterAttempt: 1000) == .days(1))
    #expect(policy.pause(afterAttempt: .max) == .days(1))
    #expect(RetryPolicy(attempts: 3, delay: .days(1), backoff: backoff).pause(afterAttempt: 3) == .days(1))
  }

  @Test("pauses for no time where it begins with none")
  func noDelay() {
    #expect(RetryPolicy(attempts: .max, delay: .zero, backoff: 1e300).pause(afterAttempt: .max) == .zero)
  }

  @Test("of one attempt is no retry")
  func none() {
    #expect(RetryPolicy.none.attempts == 1)
  }
}

@Suite("A check")
struct CheckTests {
  private func check(regions: [String]? = nil, isEnabled: Bool = true) throws -> Check {
    Check(
      id: try #require(CheckID("front-page")), kind: .http, regions: regions, isEnabled: isEnabled,
      location: SourceLocation(file: "shop.yaml", line: 1, column: 1))
  }

  @Test("has its id for a name where none is written")
  func name() throws {
    #expect(try check().name == "front-page")
  }

  @Test("runs in every region, or in those that are named, while it is enabled")
  func regions() throws {
    #expect(try check().runs(in: "eu"))
    #expect(try check(regions: ["eu"]).runs(in: "eu"))
    #expect(!(try check(regions: ["us"]).runs(in: "eu")))
    #expect(!(try check(regions: []).runs(in: "eu")))
    #expect(!(try check(isEnabled: false).runs(in: "eu")))
  }

  @Test("a copy that is changed in any part is another check, and leaves the first as it is")
  func copies() throws {
    let first = try check(regions: ["eu"])
    let heir = try #require(CheckID("old-page"))
    let changes: [(inout Check) -> Void] = [
      { $0.id = heir }, { $0.name = "Page" }, { $0.movedFrom = heir }, { $0.group = "shop" },
      { $0.labels["team"] = "web" }, { $0.kind = .tcp }, { $0.interval = .seconds(5) }, { $0.timeout = .seconds(5) },
      { $0.regions?.append("us") }, { $0.quorum.votes = 3 }, { $0.isEnabled = false }, { $0.retry.attempts = 3 },
      { $0.objective.availability = 0.9 }, { $0.incidents.openAfter = 5 }, { $0.dependsOn = [heir] },
      { $0.host = "shop.example" }, { $0.location.line = 7 },
    ]
    for (index, change) in changes.enumerated() {
      var copy = first
      #expect(copy == first)
      change(&copy)
      #expect(copy != first, "change \(index)")
      #expect(first == (try check(regions: ["eu"])), "change \(index)")
      #expect(Set([copy, first, try check(regions: ["eu"])]).count == 2, "change \(index)")
    }
  }
}
