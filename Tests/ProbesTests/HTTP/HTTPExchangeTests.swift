import Model
import Probes
import TestSupport
import Testing

/// Exchanges with a real server.
@Suite("HTTP exchanges with nginx")
struct HTTPExchangeTests {
  private let harness: HTTPHarness
  private let nginx: HTTPNginx

  init() throws {
    harness = try HTTPHarness()
    nginx = try HTTPNginx(
      files: ["index.html": "Welcome", "big.txt": String(repeating: "0123456789abcdef", count: 4096)],
      locations: """
        location = /gzip { gzip on; rewrite ^ /big.txt break; }
        location = /moved { return 302 /index.html; }
        location = /missing { return 404; }
        """)
  }

  @Test("a GET shows status, fields, body, version and address")
  func plainGet() async throws {
    let shown = try await harness.probe(HTTPSpec(url: "http://127.0.0.1:\(nginx.http)/"))
    #expect(shown.failure == nil)
    #expect(shown.http.status == 200)
    #expect(shown.http.statusText == "OK")
    #expect(shown.text == "Welcome")
    #expect(shown.header("content-length") == "7")
    #expect(shown.http.version == "1.1")
    #expect(shown.observation.facts.ip == "127.0.0.1")
    #expect(shown.tls == nil)
    #expect(shown.phases.tls == .zero)
    #expect(shown.phases.connect > .zero)
    #expect(shown.phases.wait > .zero)
  }

  @Test("many exchanges one after another use the handles of the pool and mix nothing up")
  func manyExchanges() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<60 {
        group.addTask {
          let isMissing = index % 3 == 0
          let shown = try await harness.probe(
            HTTPSpec(url: "http://127.0.0.1:\(nginx.http)/\(isMissing ? "missing" : "")"))
          #expect(shown.failure == nil)
          #expect(shown.http.status == (isMissing ? 404 : 200))
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("HTTPS is verified against the named authority, and speaks HTTP/2 where the server offers it")
  func verified() async throws {
    let shown = try await harness.probe(
      HTTPSpec(url: "https://localhost:\(nginx.https)/", tls: TLSOptions(caFile: nginx.certificate)))
    #expect(shown.failure == nil)
    #expect(shown.http.version == "2")
    #expect(shown.text == "Welcome")
    let tls = try #require(shown.tls)
    #expect(tls.isVerified)
    #expect(tls.alpn == "h2")
    #expect(tls.version == "TLSv1.3")
    #expect(tls.chain.count == 1)
    #expect(shown.phases.tls > .zero)
  }

  @Test("HTTP/1.1 can be insisted on")
  func oldVersion() async throws {
    let shown = try await harness.probe(
      HTTPSpec(
        url: "https://localhost:\(nginx.https)/", version: .v1_1, tls: TLSOptions(caFile: nginx.certificate)))
    #expect(shown.failure == nil)
    #expect(shown.http.version == "1.1")
  }

  @Test("an unknown authority is certificate_invalid with the chain at hand, and no request was sent")
  func unknownAuthority() async throws {
    let shown = try await harness.probe(HTTPSpec(url: "https://localhost:\(nginx.https)/"))
    #expect(shown.code == .certificateInvalid)
    #expect(shown.failure?.phase == .tls)
    #expect(shown.http.status == 0)
    let tls = try #require(shown.tls)
    #expect(!tls.isVerified)
    #expect(tls.chain.count == 1)
    #expect(!tls.verifyError.isEmpty)
  }

  @Test("a certificate for another name is certificate_invalid")
  func otherName() async throws {
    let harness = try HTTPHarness(names: ["shop.example": "127.0.0.1"])
    let shown = try await harness.probe(
      HTTPSpec(url: "https://shop.example:\(nginx.https)/", tls: TLSOptions(caFile: nginx.certificate)))
    #expect(shown.code == .certificateInvalid)
    #expect(shown.http.status == 0)
  }

  @Test("verify: false goes on, and the facts still tell the truth")
  func unverified() async throws {
    let shown = try await harness.probe(
      HTTPSpec(url: "https://localhost:\(nginx.https)/", tls: TLSOptions(verify: false)))
    #expect(shown.failure == nil)
    #expect(shown.text == "Welcome")
    #expect(shown.tls?.isVerified == false)
    #expect(shown.tls?.verifyError.isEmpty == false)
  }

  @Test("server_name is asked for and verified in place of the URL's host, which stays in the Host field")
  func serverName() async throws {
    let nginx = try HTTPNginx(
      locations: "location / { return 200 \"$ssl_server_name $http_host\"; }")
    let harness = try HTTPHarness(names: ["shop.example": "127.0.0.1"])
    let shown = try await harness.probe(
      HTTPSpec(
        url: "https://shop.example:\(nginx.https)/", version: .v1_1,
        tls: TLSOptions(caFile: nginx.certificate, serverName: "localhost")))
    #expect(shown.failure == nil)
    #expect(shown.text == "localhost shop.example:\(nginx.https)")
  }

  @Test("a compressed body is decoded when that is wanted, and not asked for otherwise", arguments: [true, false])
  func compression(isWanted: Bool) async throws {
    let shown = try await harness.probe(
      HTTPSpec(url: "http://127.0.0.1:\(nginx.http)/gzip", acceptsCompression: isWanted))
    #expect(shown.failure == nil)
    #expect(shown.header("content-encoding") == (isWanted ? "gzip" : nil))
    #expect(shown.http.body.count == 65_536)
  }

  @Test("HEAD has fields and no body")
  func head() async throws {
    let shown = try await harness.probe(HTTPSpec(url: "http://127.0.0.1:\(nginx.http)/gzip", method: "HEAD"))
    #expect(shown.failure == nil)
    #expect(shown.http.status == 200)
    #expect(shown.http.body.isEmpty)
  }

  @Test("a redirect is followed, and its hops' phases are summed")
  func redirect() async throws {
    let shown = try await harness.probe(HTTPSpec(url: "http://127.0.0.1:\(nginx.http)/moved"))
    #expect(shown.failure == nil)
    #expect(shown.http.status == 200)
    #expect(shown.http.redirects == 1)
    #expect(shown.http.url == "http://127.0.0.1:\(nginx.http)/index.html")
  }

  @Test("HTTP/2 is spoken on plain TCP by prior knowledge alone")
  func priorKnowledge() async throws {
    let modern = try HTTPNginx(files: ["index.html": "Welcome"], plainHTTP2: true)
    let spoken = try await harness.probe(HTTPSpec(url: "http://127.0.0.1:\(modern.http)/", version: .v2))
    #expect(spoken.failure == nil)
    #expect(spoken.http.version == "2")
    #expect(spoken.text == "Welcome")
    let refused = try await harness.probe(HTTPSpec(url: "http://127.0.0.1:\(nginx.http)/", version: .v2))
    #expect(refused.code == .protocolError)
  }

  @Test("HTTP/2 that the server does not offer over TLS is a protocol error, not a silent HTTP/1.1")
  func missingVersion() async throws {
    let old = try HTTPNginx(files: ["index.html": "old"], secureHTTP2: false)
    let url = "https://localhost:\(old.https)/"
    let tls = TLSOptions(caFile: old.certificate)
    let insisted = try await harness.probe(HTTPSpec(url: url, version: .v2, tls: tls))
    #expect(insisted.code == .protocolError)
    let negotiated = try await harness.probe(HTTPSpec(url: url, tls: tls))
    #expect(negotiated.failure == nil)
    #expect(negotiated.http.version == "1.1")
  }

  @Test("HTTP/3 is not permitted where libcurl has none, and says so")
  func http3() async throws {
    let shown = try await harness.probe(HTTPSpec(url: "https://localhost:\(nginx.https)/", version: .v3))
    #expect(shown.code == .notPermitted)
    #expect(shown.failure?.message.contains("HTTP/3") == true)
  }

  @Test("plain HTTP sent to a TLS port is answered, TLS sent to a plain port is tls_failed")
  func wrongPort() async throws {
    let plain = try await harness.probe(HTTPSpec(url: "http://127.0.0.1:\(nginx.https)/"))
    #expect(plain.http.status == 400)
    let secure = try await harness.probe(HTTPSpec(url: "https://127.0.0.1:\(nginx.http)/"))
    #expect(secure.code == .tlsFailed)
    #expect(secure.failure?.phase == .tls)
  }
}
