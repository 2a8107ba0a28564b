import Model
import Probes
import Synchronization
import TestSupport
import Testing

/// Client credentials (RFC 6749 section 4.4).
@Suite("HTTP with OAuth2 tokens")
struct HTTPOAuth2Tests {
  private func auth(_ server: HTTPTestServer, secret: String = "s3 cret") -> HTTPAuth {
    .oauth2(tokenURL: server.url("/token"), clientID: "me", clientSecret: secret, scopes: ["read", "write"])
  }

  private static func token(_ fields: String) -> [HTTPTestServer.Action] {
    [.answer("200 OK", ["Content-Type: application/json"], body: "{\"access_token\": \"tok-1\", \(fields)}")]
  }

  @Test("one token serves all runs until it expires, however many begin at once")
  func cached() async throws {
    let server = try HTTPTestServer { request in
      request.line.contains("/token") ? [.wait(.seconds(2))] + Self.token("\"expires_in\": 3600") : [.answer()]
    }
    defer { server.stop() }
    let seen = Mutex<[Secret]>([])
    let observed: @Sendable (Secret) -> Void = { secret in seen.withLock { $0.append(secret) } }
    let harness = try HTTPHarness(tokenObserver: observed)
    let spec = HTTPSpec(url: server.url("/api"), auth: auth(server))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<10 {
        group.addTask {
          let shown = try await harness.probe(spec)
          #expect(shown.failure == nil)
          // The token's time is no phase of the target.
          #expect(shown.phases.resolve < .seconds(2))
        }
      }
      try await group.waitForAll()
    }
    let tokens = server.requests.filter { $0.line.contains("/token") }
    #expect(tokens.count == 1)
    #expect(tokens.first?.value("Authorization") == "Basic bWU6czMlMjBjcmV0")
    #expect(
      tokens.first.map { String(decoding: $0.body, as: UTF8.self) }
        == "grant_type=client_credentials&scope=read%20write")
    let calls = server.requests.filter { $0.line.contains("/api") }
    #expect(calls.count == 10)
    #expect(calls.allSatisfy { $0.value("Authorization") == "Bearer tok-1" })
    #expect(seen.withLock { $0 } == [Secret("tok-1")])
  }

  @Test("an expired token is fetched anew")
  func expired() async throws {
    let server = try HTTPTestServer { request in
      request.line.contains("/token") ? Self.token("\"expires_in\": 0") : [.answer()]
    }
    defer { server.stop() }
    let harness = try HTTPHarness()
    // With a lifetime of nothing each run asks again, and the token is still good for the run that asked.
    for _ in 0..<2 { _ = try await harness.probe(HTTPSpec(url: server.url("/api"), auth: auth(server))) }
    #expect(server.requests.filter { $0.line.contains("/token") }.count == 2)
    #expect(server.requests.filter { $0.line.contains("/api") }.count == 2)
  }

  @Test("credentials are put into the body when the header was refused")
  func inBody() async throws {
    let server = try HTTPTestServer { request in
      guard request.line.contains("/token") else { return [.answer()] }
      let body = String(decoding: request.body, as: UTF8.self)
      return body.contains("client_secret=s3%20cret") ? Self.token("\"token_type\": \"Bearer\"") : [.answer("401 No")]
    }
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url("/api"), auth: auth(server)))
    #expect(shown.failure == nil)
    #expect(server.requests.count == 3)
  }

  @Test(
    "a refused token is expectation_failed at the token endpoint, and the target is not asked",
    arguments: [
      "401 Unauthorized", "400 Bad Request", "500 Oops", "200 OK",
    ])
  func refused(status: String) async throws {
    let server = try HTTPTestServer { _ in [.answer(status, body: "{\"error\": \"invalid_client\"}")] }
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url("/api"), auth: auth(server)))
    #expect(shown.code == .expectationFailed)
    #expect(shown.failure?.message.contains("/token") == true)
    #expect(shown.http.url == server.url("/token"))
    #expect(!server.requests.contains { $0.line.contains("/api") })
  }

  @Test("a token that the target refuses is fetched anew by the next run")
  func revoked() async throws {
    let server = try HTTPTestServer { request in
      request.line.contains("/token") ? Self.token("\"expires_in\": 3600") : [.answer("401 Unauthorized")]
    }
    defer { server.stop() }
    let harness = try HTTPHarness()
    for _ in 0..<2 {
      let shown = try await harness.probe(HTTPSpec(url: server.url("/api"), auth: auth(server)))
      #expect(shown.failure == nil)
      #expect(shown.http.status == 401)
    }
    #expect(server.requests.filter { $0.line.contains("/token") }.count == 2)
  }

  @Test("runs that wait for another's token end at their own deadline")
  func waiting() async throws {
    let server = try HTTPTestServer { _ in [.hold] }
    defer { server.stop() }
    let harness = try HTTPHarness()
    let spec = HTTPSpec(url: server.url("/api"), auth: auth(server))
    async let first = harness.probe(spec, timeout: .milliseconds(300))
    async let second = harness.probe(spec, timeout: .milliseconds(200))
    let codes = try await [first.code, second.code]
    #expect(codes == [.timeout, .timeout])
  }

  @Test("a run that waits for another's token says so, for how long, and has waited")
  func waitingWords() async throws {
    let server = try HTTPTestServer { _ in [.hold] }
    defer { server.stop() }
    let harness = try HTTPHarness()
    let spec = HTTPSpec(url: server.url("/api"), auth: auth(server))
    let first = Task { try await harness.probe(spec, timeout: .seconds(60)) }
    while server.requests.isEmpty { await Task.yield() }
    let second = try await harness.probe(spec, timeout: .milliseconds(200))
    #expect(
      second.failure
        == ProbeFailure(
          .timeout, during: .wait,
          "no OAuth2 token from \(server.url("/token")) within 200ms; another check had asked for it"))
    #expect(second.phases.wait >= .milliseconds(200))
    let third = Task { try await harness.probe(spec, timeout: .seconds(60)) }
    third.cancel()
    #expect(try await third.value.code == .cancelled)
    first.cancel()
    #expect(try await first.value.code == .cancelled)
  }

  @Test("an answer that may hold a token under another name leaves no body in the facts")
  func unknownAnswer() async throws {
    let server = try HTTPTestServer { _ in [.answer(body: "{\"accessToken\": \"live\"}")] }
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url("/api"), auth: auth(server)))
    #expect(shown.failure?.message.hasSuffix("the answer holds no access_token") == true)
    #expect(shown.http.body.isEmpty)
    #expect(shown.http.status == 200)
  }

  @Test("a token endpoint whose certificate is not valid fails the run, and its certificate is not the target's")
  func endpointCertificate() async throws {
    let idp = try OpenSSLServer("untrusted")
    let target = try HTTPTestServer { _ in [.answer()] }
    defer { target.stop() }
    let shown = try await HTTPHarness().probe(
      HTTPSpec(
        url: target.url("/api"),
        auth: .oauth2(tokenURL: "https://127.0.0.1:\(idp.port)/token", clientID: "me", clientSecret: "s", scopes: [])))
    #expect(shown.code == .certificateInvalid)
    #expect(shown.failure?.message.hasPrefix("at the token endpoint: ") == true)
    #expect(shown.tls == nil)
    #expect(target.requests.isEmpty)
  }

  @Test("a token is asked for over a proxy whose certificate is verified as the target's way is")
  func proxyCertificate() async throws {
    let proxy = try OpenSSLServer("untrusted")
    let shown = try await HTTPHarness().probe(
      HTTPSpec(
        url: "http://127.0.0.1:1/api",
        auth: .oauth2(tokenURL: "http://127.0.0.1:1/token", clientID: "me", clientSecret: "s", scopes: []),
        proxy: "https://127.0.0.1:\(proxy.port)"))
    #expect(shown.failure != nil)
    #expect(shown.failure?.phase != .wait && shown.failure?.phase != .receive)
  }

  @Test("a token is not forgotten over another origin that was not shown it")
  func foreignRefusal() async throws {
    let port = Mutex(0)
    let server = try HTTPTestServer { request in
      if request.line.contains("/token") { return Self.token("\"expires_in\": 3600") }
      guard request.line.contains("/api") else { return [.answer("401 Unauthorized")] }
      return [.answer("302 Found", ["Location: http://other.example:\(port.withLock { $0 })/there"])]
    }
    defer { server.stop() }
    port.withLock { $0 = server.port }
    let harness = try HTTPHarness(names: ["other.example": "127.0.0.1"])
    for _ in 0..<2 {
      #expect(try await harness.probe(HTTPSpec(url: server.url("/api"), auth: auth(server))).http.status == 401)
    }
    #expect(server.requests.filter { $0.line.contains("/token") }.count == 1)
  }
}
