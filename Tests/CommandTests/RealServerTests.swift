import TestSupport
import Testing

@Suite("curlew check against real servers")
struct RealServerTests {
  /// Runs the checks of one file and gives the report.
  private func report(_ checks: String, in workspace: Workspace) async throws -> JSONValue {
    try workspace.write("version: 1\nchecks:\n\(checks)\n", to: "checks.yaml")
    let outcome = try await workspace.curlew("check", "checks.yaml", "--format", "json")
    #expect(outcome.stderr.isEmpty, "\(outcome.stderr)")
    return try JSONValue(outcome.stdout)
  }

  private func verdicts(_ report: JSONValue) -> [String] {
    report.checks.items.map { "\($0.id.text ?? "") \($0.verdict.text ?? "") \($0.reason.code.text ?? "-")" }
  }

  @Test("judges pages of nginx, plain and over TLS, by HTTP/1.1 and HTTP/2")
  func nginx() async throws {
    let nginx = try HTTPNginx(
      files: ["index.html": "Welcome to the shop", "stock.json": "{\"items\": [{\"sku\": \"A-1\", \"left\": 3}]}"],
      locations: "location /gone { return 410; } location /old { return 301 /index.html; }")
    defer { nginx.stop() }
    let workspace = try Workspace(["ca.pem": try TestProgram.read(nginx.certificate)])
    let report = try await report(
      """
        - id: front-page
          http: {url: "http://127.0.0.1:\(nginx.http)/index.html", expect: [status == 200, 'body.contains("Welcome")', 'version == "1.1"']}
        - id: stock
          http: {url: "http://127.0.0.1:\(nginx.http)/stock.json", expect: ['json.items.exists(i, i.sku == "A-1" && i.left > 2)']}
        - id: moved
          http: {url: "http://127.0.0.1:\(nginx.http)/old", expect: [status == 200, redirects == 1]}
        - id: moved-not-followed
          http: {url: "http://127.0.0.1:\(nginx.http)/old", follow_redirects: false, expect: [status == 301]}
        - id: gone
          http: {url: "http://127.0.0.1:\(nginx.http)/gone"}
        - id: secure
          http: {url: "https://localhost:\(nginx.https)/index.html", address: "127.0.0.1", tls: {ca: ca.pem}, expect: [status == 200, verified, 'version == "2"', 'certificate.expires_in > duration("240h")']}
        - id: secure-old
          http: {url: "https://localhost:\(nginx.https)/index.html", address: "127.0.0.1", http_version: 1.1, tls: {ca: ca.pem}, expect: ['version == "1.1"']}
        - id: untrusted
          http: {url: "https://localhost:\(nginx.https)/index.html", address: "127.0.0.1"}
        - id: untrusted-known
          http: {url: "https://localhost:\(nginx.https)/index.html", address: "127.0.0.1", expect: ['!verified', 'verify_error != ""']}
        - id: unverified
          http: {url: "https://localhost:\(nginx.https)/index.html", address: "127.0.0.1", tls: {verify: false}, expect: [status == 200, '!verified']}
      """, in: workspace)
    #expect(
      verdicts(report) == [
        "front-page up -", "stock up -", "moved up -", "moved-not-followed up -", "gone down expectation_failed",
        "secure up -", "secure-old up -", "untrusted down certificate_invalid", "untrusted-known up -",
        "unverified up -",
      ])
    let gone = report.checks[4]
    #expect(gone.reason.message.text?.hasPrefix("status is 410, expected") == true)
    #expect(report.checks[7].steps[0].facts.certificate.subject.text == "CN=localhost")
  }

  @Test("tells that nginx has gone")
  func nginxGone() async throws {
    let nginx = try HTTPNginx()
    nginx.stop()
    let report = try await report(
      "  - {id: front-page, http: {url: \"http://127.0.0.1:\(nginx.http)/\"}}", in: try Workspace())
    #expect(verdicts(report) == ["front-page down connect_refused"])
    #expect(report.checks[0].reason.message.text == "connection to 127.0.0.1:\(nginx.http) refused")
  }

  @Test("judges answers of nsd, over udp, tcp and TLS")
  func nsd() async throws {
    let server = try DNSServer.shared.get()
    let certificates = try Certificates.shared.get()
    let workspace = try Workspace(["ca.pem": try TestProgram.read(certificates.path("root.pem"))])
    let report = try await report(
      """
        - id: address
          dns: {name: www.example.test, server: "127.0.0.1:\(server.port)", expect: ['answers.exists(a, a.data == "192.0.2.1")', '"aa" in flags']}
        - id: mail
          dns: {name: mail.example.test, type: MX, server: "127.0.0.1:\(server.port)", transport: tcp, expect: ['answers.all(a, a.type == "MX")', answers.size() == 2]}
        - id: missing
          dns: {name: nothing.example.test, server: "127.0.0.1:\(server.port)"}
        - id: missing-expected
          dns: {name: nothing.example.test, server: "127.0.0.1:\(server.port)", expect: ['rcode == "NXDOMAIN"']}
        - id: secure
          dns: {name: four.example.test, server: "localhost:\(server.tlsPort)", transport: tls, tls: {ca: ca.pem}}
      """, in: workspace)
    #expect(
      verdicts(report) == [
        "address up -", "mail up -", "missing down expectation_failed", "missing-expected up -", "secure up -",
      ])
    #expect(report.checks[2].reason.message.text == "rcode is \"NXDOMAIN\", expected \"NOERROR\"")
  }

  @Test("judges certificates and words of openssl s_server")
  func openssl() async throws {
    let certificates = try Certificates.shared.get()
    let workspace = try Workspace(["ca.pem": try TestProgram.read(certificates.path("root.pem"))])
    let (good, expired) = (try OpenSSLServer("good"), try OpenSSLServer("expired"))
    let report = try await report(
      """
        - id: good
          tls: {target: "localhost:\(good.port)", ip: 4, tls: {ca: ca.pem}, expect: [verified, 'protocol == "TLSv1.3"', chain.size() >= 2]}
        - id: wrong-name
          tls: {target: "localhost:\(good.port)", ip: 4, server_name: elsewhere.example, tls: {ca: ca.pem}}
        - id: expired
          tls: {target: "localhost:\(expired.port)", ip: 4, tls: {ca: ca.pem}}
        - id: expires
          tls: {target: "localhost:\(good.port)", ip: 4, tls: {ca: ca.pem}, warn: ['certificate.expires_in > duration("99999h")']}
        - id: words
          tcp: {target: "localhost:\(good.port)", ip: 4, tls: {ca: ca.pem}, dialogue: [{send: hello}, {expect: '^(?P<back>olleh)'}], expect: ['matches.back == "olleh"']}
      """, in: workspace)
    #expect(
      verdicts(report) == [
        "good up -", "wrong-name down certificate_invalid", "expired down certificate_invalid",
        "expires degraded warning", "words up -",
      ])
    #expect(report.checks[2].reason.message.text?.contains("expired") == true)
  }
}
