import Compression
import Exposition
import Glibc
import Model
import Server
import Synchronization
import Testing

@Suite("What every answer has in common")
struct ProtocolTests {
  static let readable = [
    "/", "/metrics", "/health", "/health/ready", "/health/detailed", "/-/healthy", "/config", "/api/v1/checks",
    "/api/v1/checks/a", "/api/v1/checks/a/runs", "/api/v1/checks/a/availability", "/api/v1/sla", "/sla/status",
  ]

  @Test("GET answers, HEAD gives the same head without a body, and other methods are refused", arguments: readable)
  func methods(_ path: String) async throws {
    try await ServerFixture([.sample("a")]).serving { client async throws in
      let get = try await client.get(path)
      #expect(get.status == 200)
      #expect(get.headers["content-length"] == String(get.bytes.count))
      #expect(get.headers["x-content-type-options"] == "nosniff")
      #expect(get.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
      // What the API says may be kept, and is asked for anew.
      let isAPI = path.hasPrefix("/api") || path.hasPrefix("/sla")
      #expect(get.headers["cache-control"] == (isAPI ? "no-cache" : "no-store"))
      #expect((get.headers["etag"] != nil) == isAPI)
      let head = try await client.send("HEAD", path)
      #expect(head.status == 200)
      #expect(head.bytes.isEmpty)
      #expect(head.headers["content-type"] == get.headers["content-type"])
      guard path != "/-/healthy" else { return }
      let delete = try await client.send("DELETE", path)
      #expect(delete.status == 405)
      #expect(delete.headers["allow"] == "GET, HEAD")
      #expect(delete.headers["content-type"] == "application/problem+json")
    }
  }

  @Test(
    "what is not there is a problem of status 404",
    arguments: [
      "/nothing", "/health/", "//", "/api", "/api/v1", "/api/v1/checks/", "/api/v1/checks/a/x", "/api/v1/checks/b",
      "/api/v1/checks/A%20b/runs", "/probe", "/logs", "/metrics/x", "/../etc/passwd", "/%2e%2e/etc/passwd",
      "/api%2Fv1/checks", "/api/v1/checks/a/runs/x",
    ])
  func notFound(_ path: String) async throws {
    try await ServerFixture([.sample("a")]).serving { client async throws in
      let answer = try await client.get(path)
      #expect(answer.status == 404)
      #expect(answer.headers["content-type"] == "application/problem+json")
      #expect(answer.text.contains(#""status":404,"#))
    }
  }

  @Test(
    "a path that is not well formed is a problem of status 400",
    arguments: ["/%", "/%f", "/%zz", "/api/v1/checks/%ff", "/api/v1/checks/%c3%28"])
  func badPath(_ path: String) async throws {
    try await ServerFixture([.sample("a")]).serving { client async throws in
      let answer = try await client.get(path)
      #expect(answer.status == 400)
      #expect(answer.text.contains("urn:curlew:problem:bad-path"))
    }
  }

  @Test("long answers are compressed for whoever takes gzip, and carry the same bytes")
  func gzip() async throws {
    try await ServerFixture([.sample("a")]).serving { client async throws in
      let plain = try await client.get("/config", ["Accept-Encoding": "gzip"])
      #expect(plain.headers["content-encoding"] == nil, "too short to gain anything")
      let identity = try await client.get("/health/detailed")
      #expect(identity.headers["content-encoding"] == nil)

      let page = try await client.get("/", ["Accept-Encoding": "br, gzip;q=0.5"])
      #expect(page.headers["content-encoding"] == "gzip")
      #expect(page.headers["vary"]?.contains("Accept-Encoding") == true)
      #expect(page.bytes.starts(with: [0x1f, 0x8b, 8]))
      let whole = try await client.get("/")
      #expect(page.bytes.count < whole.bytes.count / 2)
      // RFC 1952 section 2.3.1: the last four bytes are the size of what was compressed. Only the nonce differs, whose
      // length may vary by a digit.
      let size = page.bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      #expect(abs(size - whole.bytes.count) < 10)
    }
  }

  @Test("a page of metrics that is too large for memory is sent in pieces, whole, and the same with gzip")
  func largeMetrics() async throws {
    let fixture = ServerFixture()
    let family = try fixture.registry.gauge("curlew_test", help: "Many.")
    for number in 10_000..<30_000 { family.child(["number": "\(number)"]).set(1) }
    let text = fixture.registry.render(.prometheus)
    try await fixture.serving { client async throws in
      let plain = try await client.get("/metrics")
      #expect(plain.headers["transfer-encoding"] == "chunked")
      #expect(plain.bytes == text)
      let coded = try await client.get("/metrics", ["Accept-Encoding": "gzip"])
      #expect(coded.headers["content-encoding"] == "gzip")
      #expect(coded.bytes.count < text.count / 4)
      let decoder = try #require(ContentDecoder("gzip"))
      var decoded: [UInt8] = []
      let outcome = coded.bytes.withUnsafeBytes { bytes in
        decoder.decode(bytes) {
          decoded.append(contentsOf: $0)
          return true
        }
      }
      #expect(outcome == .proceed && decoder.isWhole)
      #expect(decoded == text)
      #expect(try await client.send("HEAD", "/metrics").bytes.isEmpty)
    }
  }

  @Test(
    "gzip is left out where it is refused or not named", arguments: ["gzip;q=0", "identity", "*", "br", "gzip; q=0.0"])
  func noGzip(_ acceptEncoding: String) async throws {
    try await ServerFixture([.sample("a")]).serving { client async throws in
      #expect(try await client.get("/", ["Accept-Encoding": acceptEncoding]).headers["content-encoding"] == nil)
    }
  }

  @Test("a flood of headers is refused and the connection closed")
  func headerFlood() async throws {
    try await ServerFixture().serving { client async throws in
      let many = (0..<500).map { "X-\($0): y\r\n" }.joined()
      let first = try await client.exchange("GET /health HTTP/1.1\r\nHost: x\r\n\(many)\r\n")
      #expect(String(decoding: first, as: UTF8.self).hasPrefix("HTTP/1.1 400"))
      let long = String(repeating: "y", count: 100_000)
      let second = try await client.exchange("GET /health HTTP/1.1\r\nHost: x\r\nX: \(long)\r\n\r\n")
      #expect(!String(decoding: second, as: UTF8.self).contains("200 OK"))
      #expect(try await client.get("/health").status == 200)
    }
  }

  @Test("what is no HTTP is refused, and the server goes on")
  func noHTTP() async throws {
    try await ServerFixture().serving { client async throws in
      let answer = try await client.exchange("\u{1}\u{2}hello\r\n\r\n")
      #expect(!String(decoding: answer, as: UTF8.self).contains("200 OK"))
      #expect(try await client.get("/health").status == 200)
    }
  }

  @Test("a request that never ends is cut off")
  func slowRequest() async throws {
    try await ServerFixture().serving(idleTimeout: .milliseconds(200)) { client async throws in
      #expect(try await client.exchange("GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ").isEmpty)
    }
  }

  @Test("a client that leaves its answer unread loses its place to the next one")
  func slowReader() async throws {
    let fixture = ServerFixture()
    // More than the buffers of both sockets hold.
    fixture.scenarioText.withLock { $0 = String(repeating: "x", count: 32 << 20) }
    try await fixture.serving(connectionLimit: 1, idleTimeout: .seconds(1)) { client async throws in
      let stalled = try client.stall("/config")
      defer { close(stalled) }
      // The one place is taken, so this waits until the server has given up on the other.
      #expect(try await client.get("/health").status == 200)
    }
  }

  @Test("a body that is too large is refused")
  func largeBody() async throws {
    try await ServerFixture().serving { client async throws in
      let body = String(repeating: "x", count: 100_000)
      let raw = try await client.exchange(
        "POST /-/reload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n\(body)")
      let answer = try #require(HTTPAnswer(raw))
      #expect(answer.status == 413)
      #expect(answer.text.contains("100000 bytes are sent, 65536 are allowed"))
    }
  }

  @Test("requests that are sent one after another without waiting are all answered, in order")
  func pipelined() async throws {
    try await ServerFixture().serving { client async throws in
      let raw = try await client.exchange(
        "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      let text = String(decoding: raw, as: UTF8.self)
      let first = try #require(text.firstRange(of: "Healthy"))
      let second = try #require(text.firstRange(of: #""status":"live""#))
      #expect(first.lowerBound < second.lowerBound)
    }
  }
}
