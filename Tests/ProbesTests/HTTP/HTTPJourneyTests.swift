import Model
import Probes
import Synchronization
import TestSupport
import Testing
import Transport

/// What the HTTP steps of one journey share: a cookie jar, and connections.
@Suite("HTTP in a journey")
struct HTTPJourneyTests {
  private let loops: EventLoops
  private let table: ProbeTable

  init() throws {
    loops = try EventLoops(count: 2)
    let names = [
      "shop.co.uk": "127.0.0.1", "pay.shop.co.uk": "127.0.0.1", "rival.co.uk": "127.0.0.1",
      "other.example": "127.0.0.1",
    ]
    table = ProbeTable(ProbeEquipment(loops: loops, resolver: TableResolver(names: names)))
  }

  /// One step.
  private func step(
    _ spec: HTTPSpec, in session: any ProbeSession, timeout: Duration = .seconds(10), folder: String = "/tmp"
  ) async throws -> HTTPHarness.Shown {
    let observation = await session.probe(.http(spec), in: ProbeContext(timeout: timeout, folder: folder))
    guard case .http(let facts) = observation.facts.detail else { throw HTTPTestError("no HTTP facts") }
    return HTTPHarness.Shown(observation: observation, http: facts)
  }

  /// Takes steps in a session of their own, to its end.
  private func journey(
    _ specs: [HTTPSpec], reusing: Bool = true
  ) async throws -> [HTTPHarness.Shown] {
    let session = table.session(reusingConnections: reusing)
    var shown: [HTTPHarness.Shown] = []
    for spec in specs {
      do {
        shown.append(try await step(spec, in: session))
      } catch {
        await session.end()
        throw error
      }
    }
    await session.end()
    return shown
  }

  // MARK: Cookies

  /// Sets the cookies that a request asks for: `/set?NAME=…; Path=/` sends the query along as it is.
  private func cookieServer() throws -> HTTPTestServer {
    try HTTPTestServer { request in
      let query = request.value("X-Set").map { $0.split(separator: "|").map { "Set-Cookie: \($0)" } }
      return [.answer("200 OK", query ?? [])]
    }
  }

  private func setting(_ cookies: String, at url: String) -> HTTPSpec {
    HTTPSpec(url: url, headers: [HeaderField("X-Set", cookies)])
  }

  @Test("a cookie goes with later steps, beside those of the request, and not with another journey or a plain check")
  func sharedJar() async throws {
    let server = try cookieServer()
    defer { server.stop() }
    let url = server.url()
    let shown = try await journey([
      setting("session=s1; Path=/", at: url), HTTPSpec(url: url, cookies: [HeaderField("own", "1")]),
      HTTPSpec(url: url),
    ])
    _ = try await journey([HTTPSpec(url: url)])
    _ = await table.probe(.http(HTTPSpec(url: url)), in: ProbeContext(timeout: .seconds(5)))
    let cookies = server.requests.map { $0.value("Cookie") }
    #expect(cookies == [nil, "session=s1; own=1", "session=s1", nil, nil])
    // The facts tell the request as it was sent.
    #expect(shown[2].http.requestHeaders.last { $0.name == "Cookie" }?.value == "session=s1")
  }

  @Test("a cookie goes where its path, its domain and Secure say, and no longer than it lives")
  func rules() async throws {
    let server = try cookieServer()
    defer { server.stop() }
    let shop = server.url("/", host: "shop.co.uk")
    let cookies = [
      "path=1; Path=/basket", "secure=1; Secure; Path=/", "gone=1; Max-Age=0; Path=/", "kept=1; Max-Age=60; Path=/",
      "host=1; Path=/", "domain=1; Domain=shop.co.uk; Path=/", "foreign=1; Domain=other.example; Path=/",
      "suffix=1; Domain=co.uk; Path=/",
    ]
    _ = try await journey([
      setting(cookies.joined(separator: "|"), at: shop), HTTPSpec(url: server.url("/basket", host: "shop.co.uk")),
      HTTPSpec(url: server.url("/", host: "pay.shop.co.uk")), HTTPSpec(url: server.url("/", host: "rival.co.uk")),
      HTTPSpec(url: server.url("/", host: "other.example")), setting("kept=; Max-Age=0; Path=/", at: shop),
      HTTPSpec(url: shop),
    ])
    let sent = server.requests.map { request in
      Set((request.value("Cookie") ?? "").split(separator: ";").map { $0.drop { $0 == " " } })
    }
    #expect(sent[1] == ["path=1", "kept=1", "host=1", "domain=1"])
    #expect(sent[2] == ["domain=1"])
    #expect(sent[3] == [])
    #expect(sent[4] == [])
    #expect(sent[6] == ["host=1", "domain=1"])
  }

  // MARK: Connections

  private static let tellsConnection =
    "add_header X-Connection $connection always; location /status { stub_status; }"

  @Test("steps reuse a connection, whose phases before the request are zero, unless each is to have its own")
  func reuse() async throws {
    let nginx = try HTTPNginx(files: ["a": "a", "b": "b"], locations: Self.tellsConnection)
    defer { nginx.stop() }
    let specs = ["a", "b", "missing"].map { HTTPSpec(url: "http://127.0.0.1:\(nginx.http)/\($0)") }
    let reused = try await journey(specs)
    #expect(reused.allSatisfy { $0.failure == nil })
    #expect(Set(reused.map { $0.header("X-Connection") }).count == 1)
    #expect(reused[0].phases.connect > .zero)
    for shown in reused.dropFirst() {
      #expect(shown.phases.resolve == .zero && shown.phases.connect == .zero && shown.phases.tls == .zero)
      #expect(shown.phases.wait > .zero)
      #expect(shown.observation.facts.ip == "127.0.0.1")
    }
    let fresh = try await journey(specs, reusing: false)
    #expect(Set((reused + fresh).map { $0.header("X-Connection") }).count == 4)
    #expect(fresh.allSatisfy { $0.phases.connect > .zero })
  }

  @Test(
    "over TLS, in HTTP/1.1 and HTTP/2, a step has the facts of the connection that it reuses", arguments: [true, false])
  func secureReuse(http2: Bool) async throws {
    let nginx = try HTTPNginx(files: ["a": "a"], locations: Self.tellsConnection, secureHTTP2: http2)
    defer { nginx.stop() }
    let spec = HTTPSpec(
      url: "https://localhost:\(nginx.https)/a", address: "127.0.0.1", tls: TLSOptions(caFile: nginx.certificate))
    let shown = try await journey([spec, spec, spec])
    #expect(shown.allSatisfy { $0.failure == nil && $0.http.version == (http2 ? "2" : "1.1") })
    #expect(Set(shown.map { $0.header("X-Connection") }).count == 1)
    #expect(shown[0].phases.tls > .zero)
    for step in shown {
      #expect(step.tls?.isVerified == true)
      #expect(step.tls?.chain.map(\.fingerprintSHA256) == shown[0].tls?.chain.map(\.fingerprintSHA256))
    }
    #expect(shown.dropFirst().allSatisfy { $0.phases.connect == .zero && $0.phases.tls == .zero })
  }

  @Test("a connection that was opened on other terms is not reused")
  func terms() async throws {
    let nginx = try HTTPNginx(files: ["a": "a"], locations: Self.tellsConnection)
    defer { nginx.stop() }
    let url = "https://localhost:\(nginx.https)/a"
    let shown = try await journey([
      HTTPSpec(url: url, address: "127.0.0.1", tls: TLSOptions(verify: false)),
      HTTPSpec(url: url, address: "127.0.0.1"),
      HTTPSpec(url: url, address: "127.0.0.1", tls: TLSOptions(caFile: nginx.certificate)),
      HTTPSpec(url: url, address: "127.0.0.1", tls: TLSOptions(verify: false)),
    ])
    #expect(shown.map(\.code) == [nil, .certificateInvalid, nil, nil])
    #expect(shown[0].tls?.isVerified == false)
    #expect(shown[2].tls?.isVerified == true)
    #expect(shown[3].tls?.isVerified == false)
    #expect(shown[3].header("X-Connection") == shown[0].header("X-Connection"))
    #expect(shown[2].header("X-Connection") != shown[0].header("X-Connection"))
  }

  @Test("a connection that the server has closed meanwhile is opened anew")
  func closedByServer() async throws {
    let server = try HTTPTestServer { _ in [.answer(body: "one")] }
    defer { server.stop() }
    let spec = HTTPSpec(url: server.url(), method: "POST", body: .bytes(Array("x".utf8), contentType: nil))
    let shown = try await journey([spec, spec, spec])
    #expect(shown.allSatisfy { $0.failure == nil && $0.text == "one" })
    #expect(server.requests.count == 3)
  }

  @Test("the end closes the connections")
  func end() async throws {
    let nginx = try HTTPNginx(files: ["a": "a"], locations: Self.tellsConnection)
    defer { nginx.stop() }
    _ = try await journey([
      HTTPSpec(url: "http://127.0.0.1:\(nginx.http)/a"), HTTPSpec(url: "http://127.0.0.1:\(nginx.http)/a"),
    ])
    let status = HTTPSpec(url: "http://127.0.0.1:\(nginx.http)/status")
    // nginx counts the one that asks; it may hear of the other's end a moment later.
    var text = ""
    for _ in 0..<100 where !text.hasPrefix("Active connections: 1 ") {
      text = try await journey([status])[0].text
    }
    #expect(text.hasPrefix("Active connections: 1 "))
  }

  @Test("a step that was cancelled leaves the session fit for the steps of clean-up")
  func cancelled() async throws {
    let server = try HTTPTestServer { request in
      request.line.contains("/slow") ? [.hold] : [.answer("200 OK", ["Set-Cookie: a=1; Path=/"])]
    }
    defer { server.stop() }
    let session = table.session(reusingConnections: true)
    _ = try await step(HTTPSpec(url: server.url()), in: session)
    let url = server.url("/slow")
    let slow = Task { await session.probe(.http(HTTPSpec(url: url)), in: ProbeContext(timeout: .seconds(60))) }
    while server.requests.count < 2 { await Task.yield() }
    slow.cancel()
    #expect(await slow.value.failure?.code == .cancelled)
    let after = try await step(HTTPSpec(url: server.url()), in: session)
    #expect(after.failure == nil)
    #expect(server.requests.last?.value("Cookie") == "a=1")
    let late = try await step(HTTPSpec(url: server.url("/slow")), in: session, timeout: .milliseconds(30))
    #expect(late.code == .timeout)
    #expect(late.failure?.phase == .wait)
    await session.end()
  }

  @Test("a connection that the server has closed meanwhile is no answer: the step waits on a new one")
  func closedMeanwhile() async throws {
    let requests = Mutex(0)
    let server = try HTTPTestServer { _ in
      let number = requests.withLock { requests in
        requests += 1
        return requests
      }
      // The second request of the first connection is read, and answered by its end.
      return number == 1 ? [.text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), .readRequest] : [.hold]
    }
    defer { server.stop() }
    let session = table.session(reusingConnections: true)
    #expect(try await step(HTTPSpec(url: server.url()), in: session).failure == nil)
    let late = try await step(HTTPSpec(url: server.url("/late")), in: session, timeout: .seconds(2))
    #expect(server.requests.count == 3)
    #expect(late.code == .timeout)
    #expect(late.failure?.phase == .wait)
    await session.end()
  }

  @Test("credentials of one step are not sent by the next, and those of an origin not to another")
  func credentials() async throws {
    let server = try HTTPTestServer { request in
      guard request.line.contains("/leave") else { return [.answer()] }
      let port = request.value("Host")?.split(separator: ":").last ?? ""
      return [.answer("307 Away", ["Location: http://other.example:\(port)/there"])]
    }
    defer { server.stop() }
    _ = try await journey([
      HTTPSpec(url: server.url("/", host: "shop.co.uk"), auth: .bearer("token")),
      HTTPSpec(url: server.url("/", host: "shop.co.uk")),
      HTTPSpec(
        url: server.url("/leave", host: "shop.co.uk"), auth: .bearer("token"), cookies: [HeaderField("own", "1")]),
    ])
    #expect(server.requests.map { $0.value("Authorization") } == ["Bearer token", nil, "Bearer token", nil])
    #expect(server.requests.last?.value("Cookie") == nil)
  }

  @Test("a challenge is met over the connection that it came by")
  func digest() async throws {
    let server = try HTTPTestServer { _ in
      [
        .answer("401 No", [#"WWW-Authenticate: Digest realm="r", nonce="n", qop="auth""#], body: "who?"), .readRequest,
        .answer(body: "welcome"), .readRequest, .answer(body: "next"),
      ]
    }
    defer { server.stop() }
    let shown = try await journey([
      HTTPSpec(url: server.url(), auth: .digest(username: "u", password: "p")), HTTPSpec(url: server.url("/next")),
    ])
    #expect(shown.map(\.http.status) == [200, 200])
    #expect(shown.map(\.text) == ["welcome", "next"])
    #expect(shown[0].phases.total == shown[0].observation.facts.elapsed)
    #expect(server.requests.map { $0.value("Authorization")?.hasPrefix("Digest ") ?? false } == [false, true, false])
  }

  @Test("other probes are steps too")
  func otherProbes() async throws {
    let server = try HTTPTestServer(speaksFirst: true) { _ in [.text("hello\r\n")] }
    defer { server.stop() }
    let session = table.session(reusingConnections: true)
    let observation = await session.probe(
      .tcp(TCPSpec(target: Endpoint(host: "127.0.0.1", port: server.port))), in: ProbeContext(timeout: .seconds(5)))
    await session.end()
    #expect(observation.failure == nil)
  }

  // MARK: Bodies

  @Test("fifteen megabytes go up and come down whole")
  func largeBodies() async throws {
    let body = (0..<(15 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let server = try HTTPTestServer { request in
      [.text("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n"), .send(request.body)]
    }
    defer { server.stop() }
    let spec = HTTPSpec(
      url: server.url(), method: "PUT", body: .bytes(body, contentType: "application/octet-stream"),
      maxBodyBytes: 15 << 20)
    let shown = try await journey([spec])
    #expect(shown[0].failure == nil)
    #expect(shown[0].http.body == body)
    var small = spec
    small.maxBodyBytes = (15 << 20) - 1
    #expect(try await journey([small])[0].code == .bodyTooLarge)
  }
}
