import Model
import Probes
import Synchronization
import TestSupport
import Testing

/// What the modules of blackbox_exporter ask of the HTTP prober, beside what scenarios do.
@Suite("HTTP probes as modules want them")
struct HTTPModuleProbeTests {
  /// "hello" in each coding.
  private static let gzip: [UInt8] =
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3] + rawDeflate + [0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0]
  private static let rawDeflate: [UInt8] = [1, 5, 0, 0xfa, 0xff] + Array("hello".utf8)
  private static let brotli: [UInt8] = [0x0b, 2, 0x80] + Array("hello".utf8) + [3]

  private static func coded(_ coding: HTTPContentCoding) -> [UInt8] {
    switch coding {
    case .gzip: gzip
    case .rawDeflate: rawDeflate
    case .br: brotli
    case .identity: Array("hello".utf8)
    }
  }

  private func server(sending body: [UInt8], _ field: String = "X: y") throws -> HTTPTestServer {
    try HTTPTestServer { _ in
      [.text("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\(field)\r\n\r\n"), .send(body)]
    }
  }

  // MARK: Bodies

  @Test(
    "a forced coding is taken off whatever the answer says of it", arguments: HTTPContentCoding.allCases,
    ["X: y", "Content-Encoding: zstd"])
  func forcedCoding(coding: HTTPContentCoding, field: String) async throws {
    let server = try server(sending: Self.coded(coding), field)
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(
      HTTPSpec(url: server.url(), acceptsCompression: false, forcedCoding: coding))
    #expect(shown.failure == nil, "\(shown.failure?.message ?? "")")
    #expect(shown.text == "hello")
    #expect(server.requests.first?.value("Accept-Encoding") == nil)
  }

  @Test(
    "a body that is not in the forced coding fails, and so does one that is cut or empty",
    arguments: [HTTPContentCoding.gzip, .rawDeflate, .br])
  func wrongCoding(coding: HTTPContentCoding) async throws {
    for body in [Array("hello, plain text\n".utf8), Array(Self.coded(coding).dropLast(3)), []] {
      let server = try server(sending: body)
      defer { server.stop() }
      let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url(), forcedCoding: coding))
      #expect(shown.code == .protocolError, "\(body)")
      #expect(shown.http.status == 200)
    }
  }

  @Test("raw deflate is no zlib")
  func zlib() async throws {
    let server = try server(sending: [0x78, 0x9c] + Self.rawDeflate + [0x06, 0x2c, 0x02, 0x15])
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url(), forcedCoding: .rawDeflate))
    #expect(shown.code == .protocolError)
  }

  @Test("what is not kept of a body is counted", arguments: [(0, ""), (5, "01234"), (100, "0123456789")])
  func keptBytes(kept: Int, text: String) async throws {
    let server = try server(sending: Array("0123456789".utf8))
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url(), maxBodyBytes: .max, keptBodyBytes: kept))
    #expect(shown.failure == nil)
    #expect(shown.text == text)
    #expect(shown.http.size == 10)
  }

  @Test("the limit holds for what is not kept, to the byte", arguments: [(10, true), (9, false)])
  func limit(limit: Int, isGood: Bool) async throws {
    let server = try server(sending: Array("0123456789".utf8))
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url(), maxBodyBytes: limit, keptBodyBytes: 0))
    #expect(shown.code == (isGood ? nil : .bodyTooLarge))
    #expect(shown.http.size == limit)
    #expect(shown.http.body.isEmpty)
  }

  @Test("without the usual headers nothing goes along that was not written")
  func bareHeaders() async throws {
    let server = try HTTPTestServer { _ in [.answer()] }
    defer { server.stop() }
    _ = try await HTTPHarness().probe(
      HTTPSpec(
        url: server.url(), headers: [HeaderField("Connection", "close")], acceptsCompression: false,
        addsUsualHeaders: false))
    #expect(server.requests.first?.fields == ["Host: 127.0.0.1:\(server.port)", "Connection: close"])
  }

  // MARK: Redirects

  @Test(
    "by Go's rules every method becomes GET at 301, 302 and 303, but HEAD",
    arguments: [
      (301, "PUT", "GET"), (302, "DELETE", "GET"), (303, "POST", "GET"), (302, "HEAD", "HEAD"), (307, "PUT", "PUT"),
      (308, "POST", "POST"),
    ])
  func methods(status: Int, method: String, next: String) async throws {
    let server = try HTTPTestServer { request in
      request.line.contains(" /start")
        ? [.answer("\(status) Moved", ["Location: /there"], body: "")] : [.answer(body: "")]
    }
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(
      HTTPSpec(
        url: server.url("/start"), method: method,
        body: method == "HEAD" ? .none : .bytes(Array("body".utf8), contentType: nil),
        redirectRules: .go(privateHeaders: [])))
    #expect(shown.failure == nil)
    #expect(server.requests.last?.line == "\(next) /there HTTP/1.1")
    #expect(server.requests.last?.body == (next == method && method != "HEAD" ? Array("body".utf8) : []))
  }

  @Test(
    "by Go's rules a relative redirect keeps the Host, one back to the same name the credentials, and another host neither"
  )
  func credentials() async throws {
    let port = Mutex(0)
    let server = try HTTPTestServer { request in
      let port = port.withLock { $0 }
      let next: [String: String] = [
        "/1": "/2?to=http://elsewhere.example/", "/2": "http://shop.example:\(port)/3",
        "/3": "http://other.example:\(port)/4",
      ]
      let path = request.line.split(separator: " ")[1].prefix { $0 != "?" }
      return next[String(path)].map { [.answer("302 Found", ["Location: \($0)"])] } ?? [.answer()]
    }
    defer { server.stop() }
    port.withLock { $0 = server.port }
    let harness = try HTTPHarness(names: ["shop.example": "127.0.0.1", "other.example": "127.0.0.1"])
    let shown = try await harness.probe(
      HTTPSpec(
        url: server.url("/1", host: "shop.example"),
        headers: [HeaderField("Host", "virtual.example"), HeaderField("X-Key", "k"), HeaderField("X-Plain", "p")],
        auth: .bearer("token"), redirectRules: .go(privateHeaders: ["X-Key"])))
    #expect(shown.failure == nil)
    #expect(shown.http.redirects == 3)
    let requests = server.requests
    try #require(requests.count == 4)
    #expect(requests.map { $0.value("X-Plain") } == ["p", "p", "p", "p"])
    #expect(requests.map { $0.value("X-Key") } == ["k", "k", "k", nil])
    #expect(requests.map { $0.value("Authorization") } == ["Bearer token", "Bearer token", "Bearer token", nil])
    #expect(
      requests.map { $0.value("Host") } == [
        "virtual.example", "virtual.example", "shop.example:\(server.port)", "other.example:\(server.port)",
      ])
  }

  @Test("what hops are summed from is kept apart: the first address, and the last hop's phases")
  func hops() async throws {
    let server = try HTTPTestServer { request in
      request.line.contains(" /start") ? [.answer("302 Found", ["Location: /there"])] : [.answer()]
    }
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url("/start")))
    let hops = try #require(shown.http.hops)
    #expect(hops.firstIP == "127.0.0.1")
    #expect(hops.last.total < shown.phases.total && hops.last.wait > .zero)
    #expect(hops.firstResolve <= shown.phases.resolve)
    #expect(try await HTTPHarness().probe(HTTPSpec(url: server.url("/there"))).http.hops == nil)
  }

  // MARK: Proxies

  @Test(
    "exceptions go without a proxy, as Go reads them",
    arguments: [
      ("shop.example", "", false), ("shop.example", "shop.example", true), ("shop.example", "SHOP.Example", true),
      ("shop.example", "example", true), ("shop.example", ".example", true), ("shop.example", "*.example", true),
      ("shop.example", ".shop.example", false), ("shop.example", "hop.example", false),
      ("shop.example", "shop.example:1", false), ("shop.example", " a.example , shop.example ", true),
      ("shop.example", "*", true), ("192.0.2.7", "192.0.2.0/24", true), ("192.0.2.7", "192.0.2.8/31", false),
      ("192.0.2.7", "192.0.2.6/31", true), ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.7:1", false),
      ("localhost", "", true), ("127.0.0.1", "", true),
    ])
  func exceptions(host: String, exceptions: String, isDirect: Bool) async throws {
    let target = try HTTPTestServer { _ in [.answer(body: "target")] }
    defer { target.stop() }
    let proxy = try HTTPTestServer { _ in [.answer(body: "proxy")] }
    defer { proxy.stop() }
    let harness = try HTTPHarness(
      names: ["shop.example": "127.0.0.1", "192.0.2.7": "127.0.0.1", "localhost": "127.0.0.1"])
    let url = "http://127.0.0.1:\(proxy.port)"
    let shown = try await harness.probe(
      HTTPSpec(
        url: target.url("/", host: host), proxyRules: ProxyRules(http: url, https: url, exceptions: exceptions)))
    #expect(shown.failure == nil, "\(shown.failure?.message ?? "")")
    #expect(shown.text == (isDirect ? "target" : "proxy"))
  }

  @Test("the proxy is chosen by the scheme")
  func byScheme() async throws {
    let target = try HTTPTestServer { _ in [.answer(body: "target")] }
    defer { target.stop() }
    let shown = try await HTTPHarness().probe(
      HTTPSpec(url: target.url(), proxyRules: ProxyRules(https: "http://127.0.0.1:1")))
    #expect(shown.text == "target")
  }

  @Test("a proxy is given the address that was found here, where that is wanted, and the address is told")
  func addressForProxy() async throws {
    let proxy = try HTTPTestServer { request in
      request.line.hasPrefix("CONNECT") ? [.answer("502 No", body: "")] : [.answer()]
    }
    defer { proxy.stop() }
    let harness = try HTTPHarness(names: ["shop.example": "192.0.2.7"])
    let url = "http://127.0.0.1:\(proxy.port)"
    let rules = ProxyRules(
      http: url, https: url, connectHeaders: [HeaderField("X-Proxy", "1")], sendsAddresses: true)
    let plain = try await harness.probe(HTTPSpec(url: "http://shop.example:8080/x?y", proxyRules: rules))
    #expect(plain.failure == nil)
    #expect(plain.observation.facts.ip == "192.0.2.7")
    #expect(proxy.requests.last?.line == "GET http://192.0.2.7:8080/x?y HTTP/1.1")
    #expect(proxy.requests.last?.value("Host") == "shop.example:8080")
    #expect(proxy.requests.last?.value("X-Proxy") == nil)
    let secure = try await harness.probe(HTTPSpec(url: "https://shop.example/", proxyRules: rules))
    #expect(secure.code == .connectFailed)
    #expect(proxy.requests.last?.line == "CONNECT 192.0.2.7:443 HTTP/1.1")
    #expect(proxy.requests.last?.value("X-Proxy") == "1")
    var byName = rules
    byName.sendsAddresses = false
    _ = try await harness.probe(HTTPSpec(url: "https://nowhere.invalid/", proxyRules: byName))
    #expect(proxy.requests.last?.line == "CONNECT nowhere.invalid:443 HTTP/1.1")
  }

  // MARK: TLS and tokens

  @Test("authorities are taken from text, in place of the system's")
  func authorityText() async throws {
    let nginx = try HTTPNginx(files: ["index.html": "Welcome"])
    let text = try TestProgram.read(nginx.certificate)
    let url = "https://127.0.0.1:\(nginx.https)/"
    let harness = try HTTPHarness()
    let trusted = try await harness.probe(HTTPSpec(url: url, tls: TLSOptions(caText: text)))
    #expect(trusted.failure == nil, "\(trusted.failure?.message ?? "")")
    #expect(trusted.tls?.isVerified == true)
    let other = try TestProgram.read(try Certificates.shared.get().path("root.pem"))
    let untrusted = try await harness.probe(HTTPSpec(url: url, tls: TLSOptions(caText: other)))
    #expect(untrusted.code == .certificateInvalid)
    let none = try await harness.probe(HTTPSpec(url: url, tls: TLSOptions(caText: "no PEM")))
    #expect(none.code == .templateFailed)
  }

  @Test("a signed assertion is a grant that the key's other half bears out", arguments: JWTAssertion.Algorithm.allCases)
  func assertion(algorithm: JWTAssertion.Algorithm) async throws {
    let server = try HTTPTestServer { request in
      request.line.contains("/token")
        ? [.answer(body: "{\"access_token\": \"tok-1\", \"expires_in\": 3600}")] : [.answer()]
    }
    defer { server.stop() }
    let certificates = try Certificates.shared.get()
    let key = try TestProgram.read(certificates.path("good.key"))
    let client = OAuth2Client(
      tokenURL: server.url("/token"), clientID: "me",
      proof: .assertion(
        JWTAssertion(
          key: key, keyID: "k1", algorithm: algorithm, issuer: "iss", claims: [HeaderField("tier", "7")])),
      scopes: ["a", "b"], parameters: [HeaderField("resource", "x y")])
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url("/api"), auth: .oauth2(client)))
    #expect(shown.failure == nil, "\(shown.failure?.message ?? "")")
    #expect(server.requests.last?.value("Authorization") == "Bearer tok-1")
    let form = String(decoding: try #require(server.requests.first).body, as: UTF8.self).split(separator: "&")
    #expect(form.first == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer")
    #expect(form.last == "resource=x%20y")
    #expect(server.requests.first?.value("Authorization") == nil)
    let parts = form[1].dropFirst("assertion=".count).split(separator: ".")
    try #require(parts.count == 3)
    #expect(
      try Self.decoded(parts[0]) == Array("{\"alg\":\"\(algorithm.rawValue)\",\"typ\":\"JWT\",\"kid\":\"k1\"}".utf8))
    let claims = String(decoding: try Self.decoded(parts[1]), as: UTF8.self)
    #expect(claims.hasPrefix("{\"iss\":\"iss\",\"sub\":\"me\",\"aud\":\"\(server.url("/token"))\",\"iat\":"))
    #expect(claims.hasSuffix("\"scope\":\"a b\",\"tier\":7}"))
    let folder = try TestProgram.temporaryFolder()
    // A key of 2048 bits signs in 256 bytes, whose Base64 ends in two signs of padding.
    let signature = String(parts[2]).replacing("-", with: "+").replacing("_", with: "/") + "=="
    try TestProgram.write(signature, to: "\(folder)/signature.b64")
    try TestProgram.write("\(parts[0]).\(parts[1])", to: "\(folder)/message")
    let commands = """
      openssl base64 -d -A -in signature.b64 -out signature &&
      openssl x509 -pubkey -noout -in \(certificates.path("good.leaf.pem")) > public &&
      openssl dgst -sha\(algorithm.rawValue.dropFirst(2)) -verify public -signature signature message
      """
    try TestProgram.run(["sh", "-c", commands], in: folder)
  }

  @Test("a key that cannot sign fails the run in words, and nobody is asked")
  func badKey() async throws {
    let server = try HTTPTestServer { _ in [.answer()] }
    defer { server.stop() }
    let elliptic = try TestProgram.read(try Certificates.shared.get().path("elliptic.key"))
    for key in ["no key", elliptic] {
      let client = OAuth2Client(
        tokenURL: server.url("/token"), clientID: "me", proof: .assertion(JWTAssertion(key: key)))
      let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url("/api"), auth: .oauth2(client)))
      #expect(shown.code == .templateFailed)
      #expect(shown.failure?.message.hasPrefix("the client's certificate key") == true)
    }
    #expect(server.requests.isEmpty)
  }

  @Test("the token endpoint has a way and TLS of its own")
  func endpointWay() async throws {
    let idp = try HTTPNginx(locations: "location / { return 200 '{\"access_token\": \"t\"}'; }")
    let target = try HTTPTestServer { _ in [.answer()] }
    defer { target.stop() }
    let client = OAuth2Client(
      tokenURL: "https://127.0.0.1:\(idp.https)/token", clientID: "me", proof: .secret("s"),
      tls: TLSOptions(caFile: idp.certificate), proxyRules: ProxyRules())
    let url = "http://127.0.0.1:\(target.port)"
    let shown = try await HTTPHarness().probe(
      HTTPSpec(url: "http://shop.example/api", auth: .oauth2(client), proxyRules: ProxyRules(http: url, https: url)))
    #expect(shown.failure == nil, "\(shown.failure?.message ?? "")")
    #expect(target.requests.last?.value("Authorization") == "Bearer t")
  }
}

extension HTTPModuleProbeTests {
  /// The bytes of Base64 for URLs (RFC 4648 section 5).
  private static func decoded(_ text: Substring) throws -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var bits: UInt32 = 0
    var count = 0
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      bits = bits << 6 | UInt32(try #require(alphabet.firstIndex(of: byte)))
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }
}
