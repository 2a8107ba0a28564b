import Model
import TestSupport
import Testing
import curlew

@Suite("A curl line")
struct CurlLineTests {
  private static func attempt(_ spec: HTTPSpec, folder: String = ".") throws -> StepAttempt {
    StepAttempt(
      check: try #require(CheckID("a")), step: "a", number: 1, spec: .http(spec), traceparent: nil, folder: folder)
  }

  private static func line(
    _ spec: HTTPSpec, folder: String = ".", secrets: [Secret] = [], environment: [String: String] = [:]
  ) throws -> String {
    try #require(
      CurlLine.text(
        for: try attempt(spec, folder: folder), redactor: Redactor(secrets), userAgent: "curlew/test",
        environment: environment))
  }

  /// Each a probe of a scenario, with `PORT` for the server's port; a file `up/load.bin` is beside it.
  private static let probes = [
    #"{url: "http://127.0.0.1:PORT/a[1]{x}?q=a%20b&c='d'", headers: {X-A: "it's \"quoted\" $HOME `id` \\ !", X-Empty: ""}}"#,
    #"{url: "http://127.0.0.1:PORT/", method: POST, json: {text: "Grüße\n\t'x' $(id)", n: 1.50}}"#,
    #"{url: "http://127.0.0.1:PORT/", method: POST, body: "@no file\nline two", headers: {Content-Type: text/plain}}"#,
    #"{url: "http://127.0.0.1:PORT/", method: PUT, body: "plain"}"#,
    #"{url: "http://127.0.0.1:PORT/", method: POST}"#,
    #"{url: "http://127.0.0.1:PORT/", method: PATCH, form: {a: "b c", "d&": "=é"}}"#,
    #"{url: "http://127.0.0.1:PORT/", method: DELETE, compressed: false}"#,
    #"{url: "http://127.0.0.1:PORT/", method: HEAD}"#,
    #"{url: "http://127.0.0.1:PORT/", method: POST, file: load.bin}"#,
    #"{url: "http://127.0.0.1:PORT/", graphql: {query: "{ a(b: \"c\") }", variables: {x: 1}}}"#,
    #"{url: "http://127.0.0.1:PORT/", auth: {basic: {username: "me", password: "it's: $x"}}}"#,
    #"{url: "http://127.0.0.1:PORT/", auth: {bearer: "abc.def"}, cookies: {a: "1", b: "x y"}}"#,
    #"{url: "http://shop.invalid/x", address: "127.0.0.1:PORT", headers: {User-Agent: "Mine 1.0"}}"#,
    #"{url: "http://shop.invalid/x", proxy: "http://127.0.0.1:PORT", ip: 4, http_version: "1.1"}"#,
    #"{url: "http://127.0.0.1:PORT/from", method: POST, form: {a: b}}"#,
  ]

  /// The same request in the same words, but for the order of fields and what each run has of its own.
  private struct Comparable: Equatable {
    var line: String
    var fields: [String]
    var body: [UInt8]

    init(_ request: HTTPTestServer.Request) {
      line = request.line
      let leaving = ["accept-encoding:", "proxy-connection:"]
      fields = request.fields.filter { field in !leaving.contains { field.lowercased().hasPrefix($0) } }
        .map { String($0.prefix { $0 != ":" }).lowercased() + $0.drop { $0 != ":" } }.sorted()
      body = request.body
    }
  }

  @Test("makes the same request when it is pasted into a shell", arguments: probes)
  func pasted(probe: String) async throws {
    let server = try HTTPTestServer { request in
      request.line.contains("/from")
        ? [.text("HTTP/1.1 302 Found\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n")]
        : [.text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    }
    defer { server.stop() }
    let workspace = try Workspace(["up/load.bin": "bytes of a file\n"])
    try workspace.write(
      "version: 1\nchecks:\n  - {id: a, http: \(probe.replacing("PORT", with: "\(server.port)"))}\n", to: "up/a.yaml")
    let outcome = try await workspace.curlew("check", "up/a.yaml", "--curl")
    #expect(outcome.exitCode == 0, "\(outcome.stdout)\(outcome.stderr)")
    let line = try #require(outcome.stdout.split(separator: "\n").first { $0.hasPrefix("curl ") })
    let ours = server.requests.map(Comparable.init)
    let pasted = try await ChildProcess.run(["bash", "-c", String(line)], in: workspace.folder)
    #expect(pasted.exitCode == 0, "\(line)\n\(pasted.stderr)")
    let theirs = server.requests.dropFirst(ours.count).map(Comparable.init)
    #expect(!ours.isEmpty && theirs == ours, "\(line)")
  }

  @Test("sends the same multipart form, and bytes that are no text")
  func bodies() async throws {
    let server = try HTTPTestServer { _ in [.text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")] }
    defer { server.stop() }
    let workspace = try Workspace(["up/load.bin": "bytes of a file\n"])
    let url = "http://127.0.0.1:\(server.port)/"
    let bytes: [UInt8] = [0, 1, 39, 37, 92, 10, 255, 65]
    let parts = [
      MultipartPart(name: "text", content: .text("@a; \"b\" \\ c"), contentType: "text/x-odd"),
      MultipartPart(name: "file", content: .file(path: "load.bin"), filename: "other name.bin"),
    ]
    for spec in [
      HTTPSpec(url: url, method: "POST", body: .bytes(bytes, contentType: "application/x-odd")),
      HTTPSpec(url: url, method: "POST", body: .bytes(Array(bytes.dropFirst()), contentType: nil)),
      HTTPSpec(url: url, method: "POST", body: .multipart(parts)),
    ] {
      let line = try Self.line(spec, folder: "up")
      let pasted = try await ChildProcess.run(["bash", "-c", line], in: workspace.folder)
      #expect(pasted.exitCode == 0, "\(line)\n\(pasted.stderr)")
    }
    let requests = server.requests
    #expect(requests.count == 3)
    #expect(requests[0].body == bytes)
    #expect(requests[0].value("Content-Type") == "application/x-odd")
    #expect(requests[1].body == Array(bytes.dropFirst()))
    #expect(requests[1].value("Content-Type") == nil)
    let form = String(decoding: requests[2].body, as: UTF8.self)
    #expect(form.contains("name=\"text\"\r\nContent-Type: text/x-odd\r\n\r\n@a; \"b\" \\ c\r\n"), "\(form)")
    #expect(form.contains("name=\"file\"; filename=\"other name.bin\""), "\(form)")
    #expect(form.contains("\r\n\r\nbytes of a file\n\r\n"), "\(form)")
  }

  @Test("fetches the token that a client has to show")
  func oauth2() async throws {
    let server = try HTTPTestServer { request in
      let body = request.line.contains("/token") ? "{\"token_type\": \"bearer\",\n \"access_token\" : \"a.b-c\"}" : ""
      return [.text("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")]
    }
    defer { server.stop() }
    let base = "http://127.0.0.1:\(server.port)"
    let line = try Self.line(
      HTTPSpec(
        url: base + "/api",
        auth: .oauth2(tokenURL: base + "/token", clientID: "me", clientSecret: "s/x", scopes: ["a", "b"])))
    let pasted = try await ChildProcess.run(["bash", "-c", line])
    #expect(pasted.exitCode == 0, "\(line)\n\(pasted.stderr)")
    #expect(server.requests.map { $0.value("Authorization") } == ["Basic bWU6cyUyRng=", "Bearer a.b-c"])
    #expect(
      server.requests.first.map { String(decoding: $0.body, as: UTF8.self) }
        == "grant_type=client_credentials&scope=a%20b"
        || server.requests.first.map { String(decoding: $0.body, as: UTF8.self) }
          == "grant_type=client_credentials&scope=a+b"
    )
  }

  @Test("says how TLS is spoken, in curl's words")
  func tls() throws {
    let spec = HTTPSpec(
      url: "https://shop.example:8443/x", version: .v2, family: .v6, address: "192.0.2.7",
      tls: TLSOptions(
        verify: false, caFile: "ca.pem", certificate: .file("me.pem"), key: .file("/etc/me.key"),
        serverName: "other.example",
        minVersion: .v1_2, maxVersion: .v1_3))
    #expect(
      try Self.line(spec, folder: "scenarios")
        == "curl --user-agent curlew/test --compressed --location --max-redirs 10 --ipv6 "
        + "--connect-to other.example:8443:192.0.2.7:8443 --header 'Host: shop.example:8443' --insecure "
        + "--cacert scenarios/ca.pem --cert scenarios/me.pem --key /etc/me.key --tlsv1.2 --tls-max 1.3 --http2 "
        + "https://other.example:8443/x")
  }

  @Test("keeps curl from the proxies of the environment, which Curlew does not look at")
  func environment() throws {
    let spec = HTTPSpec(url: "http://a.example/", maxRedirects: 0, acceptsCompression: false)
    #expect(try Self.line(spec) == "curl --user-agent curlew/test http://a.example/")
    #expect(
      try Self.line(spec, environment: ["https_proxy": "http://p:1"])
        == "curl --user-agent curlew/test --noproxy '*' http://a.example/")
  }

  @Test("masks secrets before it quotes them")
  func secrets() throws {
    let spec = HTTPSpec(
      url: "http://a.example/?k=it%27s%20secret", method: "POST",
      body: .bytes(Array("x=it's secret\0".utf8), contentType: nil),
      auth: .basic(username: "me", password: "it's secret"))
    let line = try Self.line(spec, secrets: [Secret("it's secret")])
    #expect(!line.contains("secret"), "\(line)")
    #expect(line.contains("--user 'me:•••'"))
  }

  @Test("is not there for what is no HTTP request")
  func otherProbes() throws {
    let attempt = StepAttempt(
      check: try #require(CheckID("a")), step: "a", number: 1, spec: .dns(DNSSpec(name: "example.org")),
      traceparent: nil)
    #expect(CurlLine.text(for: attempt, redactor: .none, userAgent: "x", environment: [:]) == nil)
  }
}
