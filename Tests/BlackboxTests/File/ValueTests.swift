import Blackbox
import Documents
import Expressions
import Model
import Testing

/// What go-yaml v3 and Go make of values.
struct ValueTests {
  @Test(
    "Durations are Go's, with the days, weeks and years that upstream's documentation promises",
    arguments: [
      ("5s", Duration.seconds(5)), ("1m30s", .seconds(90)), ("500ms", .milliseconds(500)), ("1.5h", .seconds(5400)),
      (".5s", .milliseconds(500)), ("1s1m", .seconds(61)), ("-2s", .seconds(-2)), ("'0'", .zero),
      ("5d", .seconds(432_000)),
      ("1w", .seconds(604_800)), ("1y", .seconds(31_536_000)), ("7µs", .microseconds(7)),
    ])
  func durations(text: String, duration: Duration) throws {
    #expect(try module("prober: http, timeout: \(text)").timeout == duration)
  }

  @Test(
    "What is no duration is refused", arguments: ["5", "0", "5 s", "s", "1.2.3s", ".s", "300y", "1h-3m", "''", "1S"])
  func noDurations(text: String) {
    #expect(read("modules: {a: {prober: http, timeout: \(text)}}").file == nil)
  }

  @Test(
    "Sizes have powers of 1024 for units",
    arguments: [
      ("100B", 100), ("1KB", 1024), ("1KiB", 1024), ("1MB512KB", 1_572_864), ("1.5GiB", 1_610_612_736),
      ("-1B", Int.max - 1),
      ("9999EB", Int.max - 1), ("0", nil), ("'0'", nil),
    ] as [(String, Int?)])
  func sizes(text: String, bytes: Int?) throws {
    #expect(try module("prober: http, http: {body_size_limit: \(text)}").http.bodySizeLimitBytes == bytes)
  }

  @Test(
    "Booleans are those of YAML 1.1",
    arguments: [
      ("true", true), ("True", true), ("yes", true), ("'yes'", true), ("on", true), ("Y", true), ("no", false),
      ("OFF", false), ("n", false), ("false", false),
    ])
  func booleans(text: String, value: Bool) throws {
    #expect(try module("prober: tcp, tcp: {tls: \(text)}").tcp.usesTLS == value)
  }

  @Test("A boolean in quotes is text, and text is no boolean", arguments: ["'true'", "1", "t", "''"])
  func noBooleans(text: String) {
    #expect(read("modules: {a: {prober: tcp, tcp: {tls: \(text)}}}").file == nil)
  }

  @Test("Bytes are written in base64 where they are no text")
  func binary() throws {
    let tcp = try module(
      "prober: tcp, tcp: {query_response: [{send: !!binary AQL/}, {expect_bytes: !!binary aGk=}, {send: é}]}"
    ).tcp
    #expect(tcp.queryResponse.map(\.send) == [[1, 2, 255], nil, [0xC3, 0xA9]])
    #expect(tcp.queryResponse[1].expectBytes == [0x68, 0x69])
    #expect(
      problems("modules: {a: {prober: tcp, tcp: {query_response: [{send: !!binary '*'}]}}}").first?.contains(
        "no base64") == true)
    #expect(
      problems("modules: {a: {prober: http, http: {method: !!binary /w==}}}") == [
        "1:44: expected text, found bytes that are no UTF-8"
      ])
  }

  @Test("Maps are merged: what is written in a map wins, then what an earlier one brings")
  func mergeKeys() throws {
    let found = try modules(
      """
      modules:
        a: &a
          prober: http
          timeout: 1s
          http: &http {method: POST, body: a}
        b:
          <<: *a
          timeout: 2s
          http:
            <<: [{body: b}, *http]
        c: {<<: {prober: tcp}}
      """)
    #expect(found["b"]?.prober == .http)
    #expect(found["b"]?.timeout == .seconds(2))
    #expect(found["b"]?.http.method == "POST")
    #expect(found["b"]?.http.body == "b")
    #expect(found["c"]?.prober == .tcp)
    #expect(problems("modules: {a: {prober: http, <<: 1}}") == ["1:33: '<<' takes a map or a list of maps"])
  }

  @Test("Only the first document is read, whatever follows it")
  func firstDocument() throws {
    #expect(try modules("modules: {a: {prober: http}}\n---\nmodules: 5\n").keys.sorted() == ["a"])
    #expect(try modules("modules: {a: {prober: http}}\n---\n[\n").keys.sorted() == ["a"])
  }

  @Test(
    "Nothing behind a key means its default",
    arguments: ["http: ", "timeout: ", "http: {method: , headers: , basic_auth: }"])
  func nothing(keys: String) throws {
    let plain = try module("prober: http")
    #expect(try module("prober: http, \(keys)").configurationText == plain.configurationText)
  }

  @Test("A file needs content, not modules; a module needs no keys")
  func emptiness() throws {
    #expect(read("").errorText == "error parsing config file: EOF: 'blackbox.yml' is empty")
    #expect(read("# nothing\n").file == nil)
    #expect(try modules("---\n").isEmpty)
    #expect(try modules("modules:\n").isEmpty)
    #expect(try modules("modules:\n  foo:\n")["foo"]?.prober == nil)
    #expect(read("[]").file == nil)
  }

  @Test("Duplicate keys are refused, with the place of the first")
  func duplicates() throws {
    let diagnostic = try #require(read("modules:\n  a: {prober: http}\n  a: {prober: tcp}\n").diagnostics.first)
    #expect(diagnostic.message == "duplicate key 'a'")
    #expect(diagnostic.excerpt?.location.line == 3)
    #expect(diagnostic.notes.first?.excerpt?.location.line == 2)
  }

  @Test("Every section keeps its own defaults")
  func defaults() throws {
    let module = try BlackboxTests.module("prober: grpc")
    #expect(module.http.method == "GET" && module.http.client.followsRedirects && module.http.client.usesHTTP2)
    #expect(module.http.address.prefersV6 && module.http.address.fallsBack)
    #expect(module.dns.queryName == "." && module.dns.queryType == "ANY" && module.dns.recursionDesired)
    #expect(module.icmp.ttl == 64 && module.icmp.count == 1)
    #expect(!module.grpc.isWritten)
    #expect(try BlackboxTests.module("grpc: {}, prober: grpc").grpc.isWritten)
  }

  @Test("A bearer token is an authorization, and no_follow_redirects another follow_redirects")
  func deprecatedKeys() throws {
    let http = try module("prober: http, http: {bearer_token: abcd, no_follow_redirects: yes}").http
    #expect(http.client.authorization?.type == "Bearer")
    guard case .value(let token) = http.client.authorization?.credentials else {
      Issue.record("no token")
      return
    }
    #expect(token == Secret("abcd"))
    #expect(!http.client.followsRedirects)
  }

  @Test("Keys of our own are read")
  func additions() throws {
    let icmp = try module("prober: icmp, icmp: {count: 5, spacing: 50ms, happy_eyeballs: true}").icmp
    #expect(icmp.count == 5 && icmp.spacing == .milliseconds(50) && icmp.address.family == .any)
    #expect(try module("prober: udp, udp: {query_response: [{send: a}]}").udp.queryResponse.first?.send == [0x61])
    #expect(try module("prober: dns, dns: {query_name: a, dns_over_https: true}").dns.isOverHTTPS)
    #expect(try module("prober: tcp, tcp: {proxy_url: 'socks5h://h:1'}").tcp.proxyURL == Secret("socks5h://h:1"))
  }

  @Test("A header of a WebSocket may be plain text, as upstream's example writes it")
  func webSocketHeaders() throws {
    let headers = try module(
      "prober: websocket, websocket: {headers: {A: b, C: {values: [d], secrets: [efgh], files: [i]}}}"
    ).websocket.headers
    #expect(headers.map(\.name) == ["A", "C"])
    #expect(headers[0].values.values == ["b"])
    #expect(headers[1].values.values == ["d"] && headers[1].values.files == ["i"])
    #expect(headers[1].values.secrets == [Secret("efgh")])
  }

  @Test("Further claims are JSON")
  func claims() throws {
    let http = try module(
      "prober: http, http: {oauth2: {client_id: a, token_url: b, claims: {a: x, b: 1, c: [true], d: '1'}}}"
    ).http
    #expect(http.client.oauth2?.claims.map(\.value) == ["\"x\"", "1", "[true]", "\"1\""])
  }
}
