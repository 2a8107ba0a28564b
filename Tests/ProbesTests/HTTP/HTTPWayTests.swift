import Model
import Probes
import TestSupport
import Testing

/// The ways of a request: SOCKS proxies, and client certificates.
@Suite("HTTP ways")
struct HTTPWayTests {
  /// A SOCKS5 server without login (RFC 1928) that grants one connection, and then is the target itself.
  private func socks(requestLength: Int) throws -> HTTPTestServer {
    try HTTPTestServer(speaksFirst: true) { _ in
      [
        // Version, number of methods, no login, GSS-API, which libcurl offers too.
        .read(4), .send([5, 0]), .read(requestLength), .send([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]), .readRequest, .answer(),
      ]
    }
  }

  @Test("socks5h leaves the name to the proxy")
  func remoteName() async throws {
    let name = "nowhere.invalid"
    let server = try socks(requestLength: 7 + name.utf8.count)
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(
      HTTPSpec(url: "http://\(name)/x", proxy: "socks5h://127.0.0.1:\(server.port)"))
    #expect(shown.failure == nil, "\(shown.failure?.message ?? "")")
    #expect(server.received.last == [5, 1, 0, 3, UInt8(name.utf8.count)] + Array(name.utf8) + [0, 80])
    #expect(server.requests.last?.line == "GET /x HTTP/1.1")
    #expect(server.requests.last?.value("Host") == name)
  }

  @Test("socks5 is given the address that the name has here")
  func localName() async throws {
    let server = try socks(requestLength: 10)
    defer { server.stop() }
    let harness = try HTTPHarness(names: ["shop.example": "192.0.2.7"])
    let shown = try await harness.probe(
      HTTPSpec(url: "http://shop.example:8080/x", proxy: "socks5://127.0.0.1:\(server.port)"))
    #expect(shown.failure == nil, "\(shown.failure?.message ?? "")")
    #expect(server.received.last == [5, 1, 0, 1, 192, 0, 2, 7, 8080 >> 8, 8080 & 255])
    #expect(server.requests.last?.value("Host") == "shop.example:8080")
  }

  @Test("a SOCKS proxy that refuses is connect_failed")
  func refused() async throws {
    let server = try HTTPTestServer(speaksFirst: true) { _ in
      [.read(4), .send([5, 0]), .read(10), .send([5, 2, 0, 1, 0, 0, 0, 0, 0, 0])]
    }
    defer { server.stop() }
    let shown = try await HTTPHarness().probe(
      HTTPSpec(url: "http://192.0.2.7/", proxy: "socks5://127.0.0.1:\(server.port)"))
    #expect(shown.code == .connectFailed)
    #expect(shown.failure?.message.contains("the proxy socks5://127.0.0.1:\(server.port)") == true)
  }

  @Test("a client certificate is shown to the origin that was written, and to no other")
  func clientCertificate() async throws {
    let nginx = try HTTPNginx(
      files: ["a": "a"],
      locations: """
        ssl_verify_client optional_no_ca; add_header X-Client "$ssl_client_s_dn" always;
        location /leave { return 302 https://localhost:$server_port/a; }
        """)
    defer { nginx.stop() }
    let harness = try HTTPHarness(names: ["localhost": "127.0.0.1"])
    let tls = TLSOptions(
      caFile: nginx.certificate, certificate: .file(nginx.certificate), key: .file("\(nginx.folder)/key.pem"))
    let shown = try await harness.probe(HTTPSpec(url: "https://127.0.0.1:\(nginx.https)/a", tls: tls))
    #expect(shown.failure == nil, "\(shown.failure?.message ?? "")")
    #expect(shown.header("X-Client") == "CN=localhost")
    let elsewhere = try await harness.probe(HTTPSpec(url: "https://127.0.0.1:\(nginx.https)/leave", tls: tls))
    #expect(elsewhere.failure == nil, "\(elsewhere.failure?.message ?? "")")
    #expect(elsewhere.http.redirects == 1)
    #expect(elsewhere.header("X-Client") == nil || elsewhere.header("X-Client") == "")
  }
}
