import Glibc
import Model
import Probes
import TestSupport
import Testing

/// What goes over the wire.
@Suite("HTTP requests as sent")
struct HTTPRequestTests {
  private let harness: HTTPHarness
  private let server: HTTPTestServer

  init() throws {
    harness = try HTTPHarness()
    server = try HTTPTestServer { request in
      if request.line.hasPrefix("GET /digest"), request.value("Authorization") == nil {
        return [
          .answer("401 Unauthorized", ["WWW-Authenticate: Digest realm=\"r\", nonce=\"abc\", qop=\"auth\""], body: "no")
        ]
      }
      return [.answer()]
    }
  }

  private func request(_ spec: HTTPSpec, traceparent: String? = nil, folder: String = "/tmp") async throws
    -> HTTPTestServer.Request
  {
    let shown = try await harness.probe(spec, traceparent: traceparent, folder: folder)
    #expect(shown.failure == nil, "\(shown.failure?.message ?? "")")
    return try #require(server.requests.last)
  }

  @Test("a bare GET names host, program and what it takes, and no more")
  func bare() async throws {
    let request = try await request(HTTPSpec(url: server.url("/a?b=c")))
    #expect(request.line == "GET /a?b=c HTTP/1.1")
    #expect(
      request.fields == [
        "Host: 127.0.0.1:\(server.port)", "User-Agent: curlew/test", "Accept: */*",
        "Accept-Encoding: gzip, deflate, br",
      ])
    server.stop()
  }

  @Test("the facts tell the fields as they were sent")
  func reported() async throws {
    let shown = try await harness.probe(
      HTTPSpec(
        url: server.url(), method: "POST", headers: [HeaderField("X-A", "1")],
        body: .bytes([1, 2], contentType: "a/b"),
        cookies: [HeaderField("k", "v")]))
    let sent = try #require(server.requests.last)
    #expect(Set(shown.http.requestHeaders.map { "\($0.name): \($0.value)" }) == Set(sent.fields))
    server.stop()
  }

  @Test("written fields replace the usual ones, keep their order, and may be empty or repeated")
  func fields() async throws {
    let request = try await request(
      HTTPSpec(
        url: server.url(),
        headers: [
          HeaderField("user-agent", "me"), HeaderField("X-Two", "1"), HeaderField("X-Two", "2"),
          HeaderField("X-Empty", ""), HeaderField("Host", "other.example"), HeaderField("Accept", "text/html"),
        ], acceptsCompression: false))
    #expect(
      request.fields == [
        "Host: other.example", "user-agent: me", "X-Two: 1", "X-Two: 2", "X-Empty:", "Accept: text/html",
      ])
    server.stop()
  }

  @Test("a body is sent with its type and length by any method", arguments: ["POST", "PUT", "PATCH", "GET", "DELETE"])
  func bytes(method: String) async throws {
    let request = try await request(
      HTTPSpec(url: server.url(), method: method, body: .bytes(Array("a=1".utf8), contentType: "text/x")))
    #expect(request.line == "\(method) / HTTP/1.1")
    #expect(request.value("Content-Type") == "text/x")
    #expect(request.value("Content-Length") == "3")
    #expect(request.value("Expect") == nil)
    #expect(request.body == Array("a=1".utf8))
    server.stop()
  }

  @Test("a large body is sent whole, at once")
  func largeBody() async throws {
    let body = [UInt8](repeating: 7, count: 3_000_000)
    let request = try await request(
      HTTPSpec(url: server.url(), method: "POST", body: .bytes(body, contentType: nil)))
    #expect(request.body == body)
    #expect(request.value("Expect") == nil)
    #expect(request.value("Content-Type") == nil)
    server.stop()
  }

  @Test("methods that usually carry a body say when they carry none", arguments: ["POST", "PUT", "PATCH"])
  func empty(method: String) async throws {
    let request = try await request(HTTPSpec(url: server.url(), method: method))
    #expect(request.line == "\(method) / HTTP/1.1")
    #expect(request.value("Content-Length") == "0")
    server.stop()
  }

  @Test("methods of one's own are sent as they are", arguments: ["DELETE", "OPTIONS", "PURGE", "get"])
  func methods(method: String) async throws {
    let request = try await request(HTTPSpec(url: server.url(), method: method))
    #expect(request.line == "\(method) / HTTP/1.1")
    server.stop()
  }

  @Test("a file below the folder is streamed; one outside, by dots or by a symbolic link, is not")
  func file() async throws {
    let folder = try HTTPNginx.temporaryFolder()
    mkdir("\(folder)/inner", 0o755)
    try HTTPNginx.write("outside", to: "\(folder)/secret.txt")
    try HTTPNginx.write(String(repeating: "0123456789", count: 50_000), to: "\(folder)/inner/body.txt")
    symlink("\(folder)/secret.txt", "\(folder)/inner/link.txt")
    mkfifo("\(folder)/inner/pipe", 0o600)
    let request = try await request(
      HTTPSpec(url: server.url(), method: "POST", body: .file(path: "body.txt", contentType: "text/plain")),
      folder: "\(folder)/inner")
    #expect(request.body.count == 500_000)
    #expect(request.value("Content-Length") == "500000")
    #expect(request.value("Content-Type") == "text/plain")
    let count = server.requests.count
    for path in ["../secret.txt", "link.txt", "missing.txt", "pipe", "/etc/passwd", "."] {
      let shown = try await harness.probe(
        HTTPSpec(url: server.url(), method: "POST", body: .file(path: path, contentType: nil)),
        folder: "\(folder)/inner")
      #expect(shown.code == .templateFailed, "\(path)")
      #expect(shown.failure?.message.contains("\"\(path)\"") == true)
    }
    #expect(server.requests.count == count)
    server.stop()
    try HTTPNginx.run(["rm", "-rf", folder])
  }

  @Test("multipart parts carry names, types, file names and contents")
  func multipart() async throws {
    let folder = try HTTPNginx.temporaryFolder()
    try HTTPNginx.write("file content", to: "\(folder)/a.txt")
    let request = try await request(
      HTTPSpec(
        url: server.url(), method: "POST",
        body: .multipart([
          MultipartPart(name: "text", content: .text("grüß")),
          MultipartPart(name: "json", content: .text("{}"), contentType: "application/json"),
          MultipartPart(name: "up", content: .file(path: "a.txt"), contentType: "text/x", filename: "b.txt"),
          MultipartPart(name: "plain", content: .file(path: "a.txt")),
        ])), folder: folder)
    let body = String(decoding: request.body, as: UTF8.self)
    #expect(request.value("Content-Type")?.hasPrefix("multipart/form-data; boundary=") == true)
    #expect(body.contains("name=\"text\"\r\n\r\ngrüß\r\n"))
    #expect(body.contains("name=\"json\"\r\nContent-Type: application/json\r\n\r\n{}\r\n"))
    #expect(body.contains("name=\"up\"; filename=\"b.txt\"\r\nContent-Type: text/x\r\n\r\nfile content\r\n"))
    #expect(body.contains("name=\"plain\"; filename=\"a.txt\""))
    server.stop()
    try HTTPNginx.run(["rm", "-rf", folder])
  }

  @Test(
    "a multipart part whose content was carried here is sent as its file would be",
    arguments: [
      ("a.txt", nil, []), ("data", "b.json", []), ("a.txt", "photo.PNG", []), ("data", nil, []),
      ("a.txt", nil, [0, 255]),
    ] as [(String, String?, [UInt8])])
  func carriedMultipart(path: String, filename: String?, more: [UInt8]) async throws {
    let folder = try HTTPNginx.temporaryFolder()
    try HTTPNginx.write("file content", to: "\(folder)/\(path)")
    func sent(_ content: MultipartPart.Content, _ filename: String?) async throws -> [UInt8] {
      let part = MultipartPart(name: "up", content: content, filename: filename)
      let request = try await request(
        HTTPSpec(url: server.url(), method: "POST", body: .multipart([part])), folder: folder)
      // Without the boundary, which is another one each time.
      let body = Array(request.body)
      let end = try #require(body.firstRange(of: Array("\r\n".utf8))?.lowerBound)
      return Array(body.dropFirst(end).dropLast(end + 4))
    }
    let carried = try await sent(.bytes(Array("file content".utf8) + more), filename ?? path)
    if more.isEmpty {
      let read = try await sent(.file(path: path), filename)
      #expect(String(decoding: carried, as: UTF8.self) == String(decoding: read, as: UTF8.self))
    } else {
      #expect(carried.firstRange(of: Array("file content".utf8) + more) != nil)
    }
    server.stop()
    try HTTPNginx.run(["rm", "-rf", folder])
  }

  @Test(
    "basic and bearer credentials become an Authorization field",
    arguments: [
      (HTTPAuth.basic(username: "Aladdin", password: "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
      (HTTPAuth.basic(username: "a", password: ""), "Basic YTo="),
      (HTTPAuth.bearer("t.o-k"), "Bearer t.o-k"),
    ])
  func credentials(auth: HTTPAuth, value: String) async throws {
    let request = try await request(HTTPSpec(url: server.url(), auth: auth))
    #expect(request.value("Authorization") == value)
    server.stop()
  }

  @Test("a written Authorization field wins over auth")
  func writtenAuthorization() async throws {
    let request = try await request(
      HTTPSpec(url: server.url(), headers: [HeaderField("authorization", "Mine")], auth: .bearer("x")))
    #expect(request.fields.filter { $0.lowercased().hasPrefix("authorization") } == ["authorization: Mine"])
    server.stop()
  }

  @Test("digest answers the server's challenge, and the facts show the last answer")
  func digest() async throws {
    let shown = try await harness.probe(
      HTTPSpec(url: server.url("/digest"), auth: .digest(username: "me", password: "pass")))
    #expect(shown.failure == nil)
    #expect(shown.http.status == 200)
    #expect(shown.text == "ok")
    #expect(server.requests.count == 2)
    let answer = try #require(server.requests.last?.value("Authorization"))
    #expect(answer.hasPrefix("Digest username=\"me\", realm=\"r\", nonce=\"abc\", uri=\"/digest\""))
    #expect(shown.http.requestHeaders.contains { $0.name == "Authorization" && $0.value == answer })
    server.stop()
  }

  @Test("cookies of the request are joined into one field")
  func cookies() async throws {
    let request = try await request(
      HTTPSpec(url: server.url(), cookies: [HeaderField("a", "1"), HeaderField("b", "two")]))
    #expect(request.value("Cookie") == "a=1; b=two")
    server.stop()
  }

  @Test("nothing of one run is sent by the next on the same handle")
  func noLeak() async throws {
    let cookies = try HTTPTestServer { _ in [.answer("200 OK", ["Set-Cookie: session=1; Path=/"])] }
    defer { cookies.stop() }
    _ = try await harness.probe(
      HTTPSpec(
        url: cookies.url(), method: "POST", headers: [HeaderField("X-Leak", "1")],
        body: .bytes([1], contentType: "a/b"), auth: .basic(username: "u", password: "p"),
        cookies: [HeaderField("own", "1")]))
    _ = try await harness.probe(HTTPSpec(url: cookies.url()))
    let second = try #require(cookies.requests.last)
    #expect(second.line == "GET / HTTP/1.1")
    #expect(second.fields.map { $0.prefix { $0 != ":" } } == ["Host", "User-Agent", "Accept", "Accept-Encoding"])
    server.stop()
  }

  @Test("a cookie in the line that is one too many is not kept either")
  func lastCookie() async throws {
    let many = Array(repeating: "X: y", count: 1998) + ["Set-Cookie: session=1; Path=/"]
    let cookies = try HTTPTestServer { _ in [.answer("200 OK", many)] }
    defer { cookies.stop() }
    let harness = try HTTPHarness()
    #expect(try await harness.probe(HTTPSpec(url: cookies.url())).code == .protocolError)
    _ = try await harness.probe(HTTPSpec(url: cookies.url()))
    #expect(cookies.requests.count == 2)
    #expect(cookies.requests.last?.value("Cookie") == nil)
    server.stop()
  }

  @Test("traceparent goes along, unless one is written")
  func traceparent() async throws {
    let sent = try await request(HTTPSpec(url: server.url()), traceparent: "00-a-b-01")
    #expect(sent.value("traceparent") == "00-a-b-01")
    let written = try await request(
      HTTPSpec(url: server.url(), headers: [HeaderField("Traceparent", "mine")]), traceparent: "00-a-b-01")
    #expect(written.fields.filter { $0.lowercased().hasPrefix("traceparent") } == ["Traceparent: mine"])
    server.stop()
  }

  @Test("the connection goes to `address` while the URL's host is what is asked for")
  func address() async throws {
    let request = try await request(
      HTTPSpec(url: "http://shop.example/x", address: "127.0.0.1:\(server.port)"))
    #expect(request.value("Host") == "shop.example")
    server.stop()
  }

  @Test("probes of one URL at the same time go each to its own `address`")
  func addresses() async throws {
    let other = try HTTPTestServer { _ in [.text("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")] }
    defer { other.stop() }
    let harness = harness
    let statuses = try await withThrowingTaskGroup(of: (Bool, Int).self) { group in
      for number in 0..<40 {
        let isOther = number % 2 == 0
        let spec = HTTPSpec(
          url: "http://shop.example/x", address: "127.0.0.1:\(isOther ? other.port : server.port)")
        group.addTask { (isOther, try await harness.probe(spec).http.status) }
      }
      return try await group.reduce(into: [(Bool, Int)]()) { $0.append($1) }
    }
    #expect(statuses.allSatisfy { isOther, status in status == (isOther ? 202 : 200) })
    server.stop()
  }

  @Test("a proxy is asked for the whole URL, and what the environment says is not looked at")
  func proxy() async throws {
    let request = try await request(
      HTTPSpec(url: "http://shop.example/x", proxy: "http://user:pw@127.0.0.1:\(server.port)"))
    #expect(request.line == "GET http://shop.example/x HTTP/1.1")
    #expect(request.value("Proxy-Authorization") == "Basic dXNlcjpwdw==")
    server.stop()
  }

  @Test(
    "what cannot be put into a request is refused before anything is sent",
    arguments: [
      HTTPSpec(url: "ftp://127.0.0.1/"), HTTPSpec(url: "no url"), HTTPSpec(url: "http://"),
      HTTPSpec(url: "http://127.0.0.1/", method: "GE T"), HTTPSpec(url: "http://127.0.0.1/", method: "GET\r\nX: 1"),
      HTTPSpec(url: "http://127.0.0.1/", headers: [HeaderField("X", "a\r\nInjected: 1")]),
      HTTPSpec(url: "http://127.0.0.1/", headers: [HeaderField("X Y", "a")]),
      HTTPSpec(url: "http://127.0.0.1/", headers: [HeaderField("", "a")]),
      HTTPSpec(url: "http://127.0.0.1/", cookies: [HeaderField("a", "1\n")]),
      HTTPSpec(url: "http://127.0.0.1/", auth: .bearer("a\nb")),
      HTTPSpec(url: "http://127.0.0.1/", body: .multipart([MultipartPart(name: "a\r\n", content: .text("x"))])),
      HTTPSpec(url: "http://127.0.0.1/", address: "a b"), HTTPSpec(url: "http://127.0.0.1/", proxy: "ftp://x:1"),
      HTTPSpec(url: "http://127.0.0.1:70000/"), HTTPSpec(url: "http://127.0.0.1:0/"),
    ])
  func refused(spec: HTTPSpec) async throws {
    let shown = try await harness.probe(spec)
    #expect(shown.code == .templateFailed, "\(shown.failure?.message ?? "no failure")")
    #expect(shown.observation.facts.elapsed == .zero)
    server.stop()
  }
}
