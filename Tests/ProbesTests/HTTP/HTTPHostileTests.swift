import Model
import Probes
import TestSupport
import Testing

/// Servers that want to hurt: each ends soon, in bounded memory, with the right reason.
@Suite("HTTP answers of hostile servers")
struct HTTPHostileTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var code: ReasonCode
    var actions: [HTTPTestServer.Action]

    init(_ description: String, _ code: ReasonCode, _ actions: [HTTPTestServer.Action]) {
      testDescription = description
      self.code = code
      self.actions = actions
    }
  }

  private static let gzip: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8,
    0x40, 0xa1, 0xd2, 0xab, 0x32, 0x0b, 0x00, 0x59, 0xef, 0x96, 0xac, 0x19, 0x00, 0x00, 0x00,
  ]

  private static func encoded(_ coding: String, _ body: [UInt8]) -> [HTTPTestServer.Action] {
    [.text("HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(body.count)\r\n\r\n"), .send(body)]
  }

  static let cases: [Case] = [
    Case("closes at once", .protocolError, []),
    Case("resets at once", .protocolError, [.reset]),
    Case("speaks no HTTP", .protocolError, [.text("220 mail.example ESMTP\r\n")]),
    Case("speaks HTTP/0.9", .protocolError, [.text("<html>hello</html>")]),
    Case("ends in the head", .protocolError, [.text("HTTP/1.1 200 OK\r\nServer: x\r\n")]),
    Case(
      "has a header line without a colon", .protocolError,
      [
        .text("HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n")
      ]),
    Case(
      "resets in the body", .protocolError,
      [
        .text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), .wait(.milliseconds(30)), .reset,
      ]),
    Case("ends the body early", .protocolError, [.text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")]),
    Case(
      "ends the chunks early", .protocolError,
      [
        .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc")
      ]),
    Case(
      "has no chunk size", .protocolError,
      [
        .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n")
      ]),
    Case(
      "has a chunk of endless size", .protocolError,
      [
        .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\nabc\r\n")
      ]),
    Case(
      "has a length that is no number", .protocolError,
      [
        .text("HTTP/1.1 200 OK\r\nContent-Length: zwei\r\n\r\nabc")
      ]),
    Case(
      "sends header fields without end", .protocolError,
      [
        .text("HTTP/1.1 200 OK\r\n"), .flood(Array("X-Flood: 0123456789\r\n".utf8)),
      ]),
    Case(
      "sends one header line without end", .protocolError,
      [
        .text("HTTP/1.1 200 OK\r\nX-Flood: "), .flood(Array(repeating: 65, count: 4096)),
      ]),
    Case(
      "sends interim answers without end", .protocolError,
      [
        .flood(Array("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n".utf8))
      ]),
    Case(
      "sends trailers without end", .protocolError,
      [
        .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"), .flood(Array("X-T: 1\r\n".utf8)),
      ]),
    Case(
      "sends a body without end", .bodyTooLarge,
      [
        .text("HTTP/1.1 200 OK\r\n\r\n"), .flood(Array(repeating: 65, count: 65_536)),
      ]),
    Case(
      "sends chunks without end", .bodyTooLarge,
      [
        .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), .flood(Array("a\r\n0123456789\r\n".utf8)),
      ]),
    Case("announces an unknown coding", .protocolError, encoded("lzma", [1, 2, 3])),
    Case("lies about gzip", .protocolError, encoded("gzip", Array("plain text".utf8))),
    Case("lies about deflate", .protocolError, encoded("deflate", Array("plain text, no deflate".utf8))),
    Case("lies about br", .protocolError, encoded("br", Array("plain text, no brotli, at all".utf8))),
    Case("cuts gzip", .protocolError, encoded("gzip", Array(gzip.dropLast(10)))),
    Case("cuts the checksum of gzip", .protocolError, encoded("gzip", Array(gzip.dropLast(2)))),
    Case("has a wrong checksum", .protocolError, encoded("gzip", Array(gzip.dropLast(8)) + [0, 0, 0, 0, 0, 0, 0, 0])),
    Case("adds to gzip", .protocolError, encoded("gzip", gzip + Array("more".utf8))),
    Case("piles up codings", .protocolError, encoded("gzip, gzip, gzip, gzip, gzip, gzip, gzip", gzip)),
    Case("redirects to a file", .protocolError, [.answer("302 Found", ["Location: file:///etc/passwd"])]),
    Case("redirects to nonsense", .protocolError, [.answer("302 Found", ["Location: http://"])]),
  ]

  @Test("a server that misbehaves ends the probe soon, with its reason", arguments: cases)
  func misbehaviour(_ hostile: Case) async throws {
    let server = try HTTPTestServer { _ in hostile.actions }
    defer { server.stop() }
    let harness = try HTTPHarness()
    let shown = try await harness.probe(
      HTTPSpec(url: server.url(), maxBodyBytes: 1 << 20), timeout: .seconds(60))
    #expect(shown.code == hostile.code, "\(shown.failure?.message ?? "no failure")")
    #expect(shown.http.body.count <= 1 << 20)
    #expect(shown.observation.facts.elapsed < .seconds(50))
  }

  @Test(
    "whole bodies in each coding are decoded",
    arguments: [
      ("gzip", gzip, "hello, hello, hello, gzip"),
      ("x-gzip", gzip + gzip, "hello, hello, hello, gziphello, hello, hello, gzip"),
      ("identity", Array("as it is".utf8), "as it is"),
      ("deflate", zlib, "hello, hello, hello, gzip"),
      ("deflate", bareDeflate, "hello, hello, hello, gzip"),
      ("br", brotli, "hello, hello, hello, brotli"),
      ("gzip", [], ""),
    ])
  func codings(name: String, body: [UInt8], text: String) async throws {
    let server = try HTTPTestServer { _ in Self.encoded(name, body) }
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url()))
    #expect(shown.failure == nil)
    #expect(shown.text == text)
  }

  @Test("a body that is not to be decoded is left as it came")
  func undecoded() async throws {
    let server = try HTTPTestServer { _ in Self.encoded("gzip", Self.gzip) }
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url(), acceptsCompression: false))
    #expect(shown.failure == nil)
    #expect(shown.http.body == Self.gzip)
  }

  @Test("a gzip bomb stops at the limit of decoded bytes")
  func bomb() async throws {
    let folder = try HTTPNginx.temporaryFolder()
    try HTTPNginx.run(["sh", "-c", "head -c 200000000 /dev/zero | gzip > \(folder)/bomb.gz"])
    let nginx = try HTTPNginx(
      locations: "location / { root \(folder); types {} add_header Content-Encoding gzip; }")
    let shown = try await HTTPHarness().probe(
      HTTPSpec(url: "http://127.0.0.1:\(nginx.http)/bomb.gz", maxBodyBytes: 1 << 20))
    #expect(shown.code == .bodyTooLarge)
    #expect(shown.http.body.count == 1 << 20)
    #expect(shown.failure?.message.contains("1048576") == true)
    try HTTPNginx.run(["rm", "-rf", folder])
  }

  @Test("a body of exactly the limit is whole, and one byte more is too large", arguments: [0, 1])
  func limit(excess: Int) async throws {
    let server = try HTTPTestServer { _ in [.answer(body: String(repeating: "x", count: 1000 + excess))] }
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url(), maxBodyBytes: 1000))
    #expect(shown.code == (excess == 0 ? nil : .bodyTooLarge))
    #expect(shown.http.body.count == 1000)
  }

  @Test("a redirect's endless body is cut short and the redirect followed")
  func endlessRedirect() async throws {
    let server = try HTTPTestServer { request in
      if request.line.hasPrefix("GET /there") { return [.answer(body: "arrived")] }
      return [.text("HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n"), .flood(Array(repeating: 65, count: 65_536))]
    }
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url()), timeout: .seconds(60))
    #expect(shown.failure == nil)
    #expect(shown.text == "arrived")
  }

  @Test("header bytes that are no UTF-8 become replacement characters, folded lines are joined")
  func oddHead() async throws {
    let server = try HTTPTestServer { _ in
      [
        .send(
          Array("HTTP/1.1 200 Fine Thing\r\nX-Odd: caf".utf8) + [0xe9]
            + Array("\r\nX-Folded: one\r\n two\r\nContent-Length: 0\r\n\r\n".utf8))
      ]
    }
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(HTTPSpec(url: server.url()))
    #expect(shown.failure == nil)
    #expect(shown.http.statusText == "Fine Thing")
    #expect(shown.header("X-Odd") == "caf\u{fffd}")
    #expect(shown.header("x-folded") == "one two")
  }

  private static let zlib: [UInt8] = [
    0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8, 0x40, 0xa1, 0xd2, 0xab, 0x32, 0x0b, 0x00, 0x73,
    0x1a, 0x08, 0xdb,
  ]
  private static let bareDeflate: [UInt8] = [
    0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8, 0x40, 0xa1, 0xd2, 0xab, 0x32, 0x0b, 0x00,
  ]
  private static let brotli: [UInt8] = [
    0x1b, 0x1a, 0x00, 0x00, 0xc4, 0x71, 0x6c, 0xdd, 0xfc, 0xee, 0xea, 0x45, 0x44, 0xca, 0x41, 0x64, 0x91, 0xa6,
    0x12, 0xcf, 0xe9, 0x21, 0x44, 0xeb, 0x63,
  ]
}
