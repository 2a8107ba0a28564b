import Model
import Probes
import Synchronization
import TestSupport
import Testing

/// How redirects are followed (RFC 9110 section 15.4).
@Suite("HTTP redirects")
struct HTTPRedirectTests {
  private let harness: HTTPHarness

  init() throws {
    harness = try HTTPHarness(names: ["other.example": "127.0.0.1"])
  }

  /// A server that answers /start with a status and Location, and everything else with 200.
  private func server(_ status: Int, to location: @escaping @Sendable (Int) -> String) throws -> HTTPTestServer {
    try HTTPTestServer { request in
      guard request.line.contains(" /start") else { return [.answer(body: "arrived")] }
      let port = Int(request.value("Host")?.split(separator: ":").last ?? "") ?? 0
      return [.answer("\(status) Moved", ["Location: \(location(port))", "Set-Cookie: hop=1; Path=/"])]
    }
  }

  @Test(
    "methods and bodies change as browsers have it",
    arguments: [
      (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (307, "POST", "POST"), (308, "POST", "POST"),
      (301, "PUT", "PUT"), (302, "DELETE", "DELETE"), (303, "PUT", "GET"), (303, "DELETE", "GET"),
      (303, "HEAD", "HEAD"),
      (307, "PUT", "PUT"), (302, "GET", "GET"), (308, "PATCH", "PATCH"),
    ])
  func methods(status: Int, method: String, next: String) async throws {
    let server = try server(status) { _ in "/there" }
    defer { server.stop() }
    let hasBody = method != "GET" && method != "HEAD"
    let shown = try await harness.probe(
      HTTPSpec(
        url: server.url("/start"), method: method,
        body: hasBody ? .bytes(Array("body".utf8), contentType: "text/x") : .none))
    #expect(shown.failure == nil)
    #expect(shown.http.method == next)
    let last = try #require(server.requests.last)
    #expect(last.line == "\(next) /there HTTP/1.1")
    let keepsBody = hasBody && next == method
    #expect(last.body == (keepsBody ? Array("body".utf8) : []))
    #expect(last.value("Content-Type") == (keepsBody ? "text/x" : nil))
  }

  @Test(
    "a Location is taken relative to where it came from",
    arguments: [
      ("there", "/a/there"), ("/there", "/there"), ("../there?x=1", "/there?x=1"), ("?q=2", "/a/start?q=2"),
      ("./b/./c", "/a/b/c"), ("/with space", "/with%20space"), ("//127.0.0.1:PORT/abs", "/abs"),
      ("http://127.0.0.1:PORT/whole#fragment", "/whole"),
    ])
  func relative(location: String, path: String) async throws {
    let server = try HTTPTestServer { request in
      guard request.line == "GET /a/start HTTP/1.1" else { return [.answer()] }
      let port = request.value("Host")?.split(separator: ":").last.map(String.init) ?? ""
      let target = location.split(separator: "PORT", omittingEmptySubsequences: false).joined(separator: port)
      return [.answer("302 Found", ["Location: \(target)"])]
    }
    defer { server.stop() }
    let shown = try await harness.probe(HTTPSpec(url: server.url("/a/start")))
    #expect(shown.failure == nil)
    #expect(shown.http.redirects == 1)
    #expect(server.requests.last?.line == "GET \(path) HTTP/1.1")
  }

  @Test("on the same origin credentials and cookies go along, those that the hop set too")
  func sameOrigin() async throws {
    let server = try server(302) { _ in "/there" }
    defer { server.stop() }
    let shown = try await harness.probe(
      HTTPSpec(
        url: server.url("/start"), headers: [HeaderField("X-Key", "k")], auth: .bearer("token"),
        cookies: [HeaderField("own", "1")]), traceparent: "00-a-b-01")
    let last = try #require(server.requests.last)
    #expect(last.value("Authorization") == "Bearer token")
    #expect(last.value("X-Key") == "k")
    #expect(last.value("traceparent") == "00-a-b-01")
    let cookies = Set((last.value("Cookie") ?? "").split(separator: "; "))
    #expect(cookies == ["own=1", "hop=1"])
    #expect(Set(shown.http.requestHeaders.map { "\($0.name): \($0.value)" }) == Set(last.fields))
  }

  @Test("to another origin credentials of every kind, cookies, Host and traceparent stay behind, and for good")
  func otherOrigin() async throws {
    let port = Mutex(0)
    let server = try HTTPTestServer { request in
      let port = port.withLock { $0 }
      if request.line.contains(" /start") {
        return [.answer("302 Found", ["Location: http://other.example:\(port)/back"])]
      }
      if request.line.contains(" /back") { return [.answer("302 Found", ["Location: http://127.0.0.1:\(port)/end"])] }
      return [.answer()]
    }
    defer { server.stop() }
    port.withLock { $0 = server.port }
    let shown = try await harness.probe(
      HTTPSpec(
        url: server.url("/start"),
        headers: [
          HeaderField("X-Api-Key", "k"), HeaderField("PRIVATE-TOKEN", "t"), HeaderField("Host", "mine.example"),
          HeaderField("Cookie", "c=1"), HeaderField("Accept-Language", "de"), HeaderField("Range", "bytes=0-9"),
        ],
        auth: .basic(username: "u", password: "p"), cookies: [HeaderField("own", "1")]), traceparent: "00-a-b-01")
    #expect(shown.failure == nil)
    #expect(shown.http.redirects == 2)
    try #require(server.requests.count == 3)
    #expect(server.requests[0].value("Host") == "mine.example")
    #expect(server.requests[0].value("Authorization") != nil)
    #expect(server.requests[0].value("X-Api-Key") == "k")
    for request in server.requests.dropFirst() {
      for name in ["Authorization", "Cookie", "traceparent", "X-Api-Key", "PRIVATE-TOKEN"] {
        #expect(request.value(name) == nil, "\(name)")
      }
      #expect(request.value("Accept-Language") == "de")
      #expect(request.value("Range") == "bytes=0-9")
      #expect(request.value("User-Agent") == "curlew/test")
    }
    #expect(server.requests[1].value("Host") == "other.example:\(server.port)")
  }

  @Test("digest credentials are not offered to another origin")
  func digestStaysBehind() async throws {
    let server = try HTTPTestServer { request in
      if request.line.contains(" /start") {
        let port = request.value("Host")?.split(separator: ":").last ?? ""
        return [.answer("302 Found", ["Location: http://other.example:\(port)/ask"])]
      }
      return [.answer("401 Unauthorized", ["WWW-Authenticate: Digest realm=\"r\", nonce=\"abc\""])]
    }
    defer { server.stop() }
    let shown = try await harness.probe(
      HTTPSpec(url: server.url("/start"), auth: .digest(username: "u", password: "p")))
    #expect(shown.http.status == 401)
    #expect(server.requests.count == 2)
  }

  @Test("redirects are not followed when that is switched off")
  func notFollowed() async throws {
    let server = try server(302) { _ in "/there" }
    defer { server.stop() }
    let shown = try await harness.probe(HTTPSpec(url: server.url("/start"), maxRedirects: 0))
    #expect(shown.failure == nil)
    #expect(shown.http.status == 302)
    #expect(shown.text == "ok")
    #expect(server.requests.count == 1)
  }

  @Test("a status of redirects without a Location stands", arguments: [302, 304, 300])
  func withoutLocation(status: Int) async throws {
    let server = try HTTPTestServer { _ in [.text("HTTP/1.1 \(status) Odd\r\nContent-Length: 0\r\n\r\n")] }
    defer { server.stop() }
    let shown = try await harness.probe(HTTPSpec(url: server.url()))
    #expect(shown.failure == nil)
    #expect(shown.http.status == status)
  }

  @Test("a circle ends with too_many_redirects after as many as are allowed")
  func circle() async throws {
    let server = try HTTPTestServer { _ in [.answer("302 Found", ["Location: /again"])] }
    defer { server.stop() }
    let shown = try await harness.probe(HTTPSpec(url: server.url(), maxRedirects: 3))
    #expect(shown.code == .tooManyRedirects)
    #expect(shown.http.redirects == 3)
    #expect(server.requests.count == 4)
  }

  @Test("the deadline covers all hops")
  func deadline() async throws {
    let server = try HTTPTestServer { _ in [.wait(.milliseconds(60)), .answer("302 Found", ["Location: /again"])] }
    defer { server.stop() }
    let shown = try await harness.probe(HTTPSpec(url: server.url(), maxRedirects: 1000), timeout: .seconds(2))
    #expect(shown.code == .timeout)
    #expect(shown.http.redirects > 0)
    #expect(shown.observation.facts.elapsed < .seconds(50))
    #expect(shown.observation.facts.elapsed > .milliseconds(1990))
  }

  @Test("`address` is for the first origin alone")
  func address() async throws {
    let target = try HTTPTestServer { _ in [.answer(body: "target")] }
    defer { target.stop() }
    let port = target.port
    let server = try HTTPTestServer { _ in [.answer("302 Found", ["Location: http://127.0.0.1:\(port)/"])] }
    defer { server.stop() }
    let shown = try await harness.probe(
      HTTPSpec(url: "http://shop.example/", address: "127.0.0.1:\(server.port)"))
    #expect(shown.failure == nil)
    #expect(shown.text == "target")
  }
}
