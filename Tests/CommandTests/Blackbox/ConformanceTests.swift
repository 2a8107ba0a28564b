import TestSupport
import Testing

@Suite("Curlew in the place of blackbox_exporter")
struct ConformanceTests {
  /// One module with one target.
  struct Pair: Sendable {
    var name: String
    var module: String
    var target: String
    var timeoutSeconds = 10.0
  }

  private static let modules = """
    modules:
      http: {prober: http, http: {preferred_ip_protocol: ip4}}
      http_default: {prober: http}
      http_no_follow: {prober: http, http: {preferred_ip_protocol: ip4, follow_redirects: false}}
      http_302: {prober: http, http: {preferred_ip_protocol: ip4, follow_redirects: false, valid_status_codes: [302]}}
      http_404: {prober: http, http: {preferred_ip_protocol: ip4, valid_status_codes: [404, 410]}}
      http_post: {prober: http, http: {preferred_ip_protocol: ip4, method: POST, body: "a=b", headers: {Content-Type: application/x-www-form-urlencoded}}}
      http_head: {prober: http, http: {preferred_ip_protocol: ip4, method: HEAD}}
      http_10: {prober: http, http: {preferred_ip_protocol: ip4, valid_http_versions: ["HTTP/1.0"]}}
      http_11: {prober: http, http: {preferred_ip_protocol: ip4, valid_http_versions: ["HTTP/1.1", "HTTP/2.0"]}}
      http_body: {prober: http, http: {preferred_ip_protocol: ip4, fail_if_body_not_matches_regexp: ["Wel+come"]}}
      http_body_bad: {prober: http, http: {preferred_ip_protocol: ip4, fail_if_body_matches_regexp: ["shop$"]}}
      http_header: {prober: http, http: {preferred_ip_protocol: ip4, fail_if_header_not_matches: [{header: X-Shop, regexp: "^open$"}]}}
      http_header_bad: {prober: http, http: {preferred_ip_protocol: ip4, fail_if_header_matches: [{header: x-shop, regexp: "open"}]}}
      http_header_missing: {prober: http, http: {preferred_ip_protocol: ip4, fail_if_header_matches: [{header: X-None, regexp: "."}]}}
      http_header_allowed: {prober: http, http: {preferred_ip_protocol: ip4, fail_if_header_matches: [{header: X-None, regexp: ".", allow_missing: true}]}}
      http_gzip: {prober: http, http: {preferred_ip_protocol: ip4, compression: gzip, headers: {Accept-Encoding: gzip}, fail_if_body_not_matches_regexp: [Welcome]}}
      http_gzip_plain: {prober: http, http: {preferred_ip_protocol: ip4, compression: gzip}}
      http_limit: {prober: http, http: {preferred_ip_protocol: ip4, body_size_limit: 8B}}
      http_not_ssl: {prober: http, http: {preferred_ip_protocol: ip4, fail_if_not_ssl: true}}
      http_auth: {prober: http, http: {preferred_ip_protocol: ip4, basic_auth: {username: shop, password: secret}}}
      http_bearer: {prober: http, http: {preferred_ip_protocol: ip4, authorization: {credentials: abc}}}
      https: {prober: http, http: {preferred_ip_protocol: ip4, tls_config: {ca_file: "CA"}}}
      https_1: {prober: http, http: {preferred_ip_protocol: ip4, enable_http2: false, tls_config: {ca_file: "CA"}}}
      https_ssl: {prober: http, http: {preferred_ip_protocol: ip4, fail_if_ssl: true, tls_config: {ca_file: "CA"}}}
      https_unknown: {prober: http, http: {preferred_ip_protocol: ip4}}
      https_skip: {prober: http, http: {preferred_ip_protocol: ip4, tls_config: {insecure_skip_verify: true}}}
      tcp: {prober: tcp, tcp: {preferred_ip_protocol: ip4}}
      tcp_banner: {prober: tcp, tcp: {preferred_ip_protocol: ip4, query_response: [{expect: "^220 ([^ ]+) "}, {send: "EHLO ${1}"}, {expect: "^250"}, {send: QUIT}]}}
      tcp_never: {prober: tcp, tcp: {preferred_ip_protocol: ip4, query_response: [{expect: "^never"}]}}
      tls: {prober: tcp, tcp: {preferred_ip_protocol: ip4, tls: true, tls_config: {ca_file: "CA"}}}
      dns_a: {prober: dns, dns: {preferred_ip_protocol: ip4, query_name: www.example.test, query_type: A}}
      dns_tcp: {prober: dns, dns: {preferred_ip_protocol: ip4, query_name: www.example.test, query_type: AAAA, transport_protocol: tcp}}
      dns_soa: {prober: dns, dns: {preferred_ip_protocol: ip4, query_name: example.test, query_type: SOA}}
      dns_mx: {prober: dns, dns: {preferred_ip_protocol: ip4, query_name: mail.example.test, query_type: MX, validate_answer_rrs: {fail_if_not_matches_regexp: ["^mail.example.test.\\t300\\tIN\\tMX\\t[12]0 mx"]}}}
      dns_txt: {prober: dns, dns: {preferred_ip_protocol: ip4, query_name: text.example.test, query_type: TXT, validate_answer_rrs: {fail_if_none_matches_regexp: ['"plain" "with']}}}
      dns_none: {prober: dns, dns: {preferred_ip_protocol: ip4, query_name: nothing.example.test, query_type: A}}
      dns_nx_ok: {prober: dns, dns: {preferred_ip_protocol: ip4, query_name: nothing.example.test, query_type: A, valid_rcodes: [NXDOMAIN]}}
      dns_bad: {prober: dns, dns: {preferred_ip_protocol: ip4, query_name: www.example.test, query_type: A, validate_answer_rrs: {fail_if_matches_regexp: ["192"]}}}
      grpc: {prober: grpc, grpc: {preferred_ip_protocol: ip4}}
      grpc_stock: {prober: grpc, grpc: {preferred_ip_protocol: ip4, service: shop.Stock}}
      grpc_none: {prober: grpc, grpc: {preferred_ip_protocol: ip4, service: nobody}}
      icmp: {prober: icmp, icmp: {preferred_ip_protocol: ip4}}
      icmp_size: {prober: icmp, icmp: {preferred_ip_protocol: ip4, payload_size: 900}}
      quick: {prober: tcp, timeout: 200ms, tcp: {preferred_ip_protocol: ip4, query_response: [{expect: "x"}]}}
    """

  /// Servers that a user has, and one that never says the right word.
  private final class Servers: Sendable {
    let nginx: HTTPNginx
    let dns: Int
    let grpc: PythonServer
    let banner: SocketServer
    let closed: Int

    init() async throws {
      nginx = try HTTPNginx(
        files: ["index.html": "Welcome to the shop\n"],
        locations: """
          add_header X-Shop open always;
          location /gone { return 410 "gone"; }
          location /old { return 302 /index.html; }
          location /circle { return 302 /circle; }
          location /away { return 301 http://127.0.0.1:1/; }
          location /packed { gzip on; rewrite ^ /index.html break; }
          location /closed { if ($http_authorization = "") { return 401; } return 200 "in"; }
          location /dated { add_header Last-Modified "Mon, 02 Jan 2006 15:04:05 GMT"; return 200 "x"; }
          """)
      dns = Int(try DNSServer.shared.get().port)
      grpc = try await PythonServer.grpcHealth()
      banner = try SocketServer { peer in
        peer.send("220 mail.example ESMTP\r\n")
        guard peer.line() == "EHLO mail.example" else { return }
        peer.send("250-mail.example\r\n250 HELP\r\n")
        _ = peer.line()
      }
      closed = try SocketServer { _ in }.port
    }

    var pairs: [Pair] {
      let page = "http://127.0.0.1:\(nginx.http)"
      let secure = "https://localhost:\(nginx.https)"
      let plain: [(String, String)] = [
        ("http", "/index.html"), ("http_default", "/index.html"), ("http", "/old"), ("http", "/circle"),
        ("http", "/away"),
        ("http_no_follow", "/old"), ("http_302", "/old"), ("http", "/gone"), ("http_404", "/gone"),
        ("http_post", "/gone"), ("http_head", "/index.html"), ("http_10", "/index.html"), ("http_11", "/index.html"),
        ("http_body", "/index.html"), ("http_body", "/dated"), ("http_body_bad", "/index.html"),
        ("http_header", "/index.html"),
        ("http_header_bad", "/index.html"), ("http_header_missing", "/index.html"),
        ("http_header_allowed", "/index.html"),
        ("http_gzip", "/packed"), ("http_gzip_plain", "/index.html"), ("http_limit", "/index.html"),
        ("http_not_ssl", "/index.html"), ("http_auth", "/closed"), ("http_bearer", "/closed"), ("http", "/closed"),
        ("http", "/dated"),
      ]
      var pairs = plain.map { Pair(name: "\($0.0) \($0.1)", module: $0.0, target: page + $0.1) }
      for module in ["https", "https_1", "https_ssl", "https_unknown", "https_skip"] {
        pairs.append(Pair(name: module, module: module, target: secure + "/index.html"))
      }
      pairs += [
        Pair(name: "http bare host", module: "http", target: "127.0.0.1:\(nginx.http)"),
        Pair(name: "http refused", module: "http", target: "http://127.0.0.1:\(closed)/"),
        Pair(name: "http no name", module: "http", target: "http://nobody.invalid/"),
        Pair(name: "http other scheme", module: "http", target: "invalid://127.0.0.1/"),
        Pair(name: "http not TLS", module: "https", target: "https://127.0.0.1:\(nginx.http)/"),
        Pair(name: "tcp", module: "tcp", target: "127.0.0.1:\(nginx.http)"),
        Pair(name: "tcp name", module: "tcp", target: "localhost:\(nginx.http)"),
        Pair(name: "tcp refused", module: "tcp", target: "127.0.0.1:\(closed)"),
        Pair(name: "tcp no port", module: "tcp", target: "127.0.0.1"),
        Pair(name: "tcp banner", module: "tcp_banner", target: "127.0.0.1:\(banner.port)"),
        Pair(name: "tcp never", module: "tcp_never", target: "127.0.0.1:\(banner.port)", timeoutSeconds: 1.5),
        Pair(name: "tls", module: "tls", target: "localhost:\(nginx.https)"),
        Pair(name: "quick", module: "quick", target: "127.0.0.1:\(nginx.http)"),
        Pair(name: "icmp", module: "icmp", target: "127.0.0.1"),
        Pair(name: "icmp size", module: "icmp_size", target: "127.0.0.1"),
        Pair(name: "icmp no name", module: "icmp", target: "nobody.invalid"),
        Pair(name: "grpc", module: "grpc", target: "127.0.0.1:\(grpc.port)"),
        Pair(name: "grpc not serving", module: "grpc_stock", target: "127.0.0.1:\(grpc.port)"),
        Pair(name: "grpc unknown", module: "grpc_none", target: "127.0.0.1:\(grpc.port)"),
        Pair(name: "grpc refused", module: "grpc", target: "127.0.0.1:\(closed)", timeoutSeconds: 2),
        Pair(name: "dns refused", module: "dns_tcp", target: "127.0.0.1:\(closed)"),
      ]
      for module in ["dns_a", "dns_tcp", "dns_soa", "dns_mx", "dns_txt", "dns_none", "dns_nx_ok", "dns_bad"] {
        pairs.append(Pair(name: module, module: module, target: "127.0.0.1:\(dns)"))
      }
      return pairs
    }
  }

  /// Values that a clock gives.
  private static func isTimed(_ name: String) -> Bool {
    name.hasSuffix("duration_seconds") || name == "probe_dns_lookup_time_seconds"
  }

  @Test("gives the same metrics for the same modules and targets, but for the differences that are written down")
  func mended() async throws { try await compare(known: KnownDifference.ofLaterVersions + KnownDifference.mended) }

  @Test("gives the same metrics with --compat=strict, but for what came with later versions")
  func strict() async throws {
    try await compare("--compat=strict", known: KnownDifference.ofLaterVersions + KnownDifference.strict)
  }

  private func compare(_ arguments: String..., known: [KnownDifference]) async throws {
    let servers = try await Servers()
    defer { servers.nginx.stop() }
    let workspace = try Workspace([
      "blackbox.yml": Self.modules.replacing("CA", with: servers.nginx.certificate)
    ])
    let original = try await Exporter(originalIn: workspace)
    let curlew = try await Exporter(arguments, in: workspace)
    var unused = Set(known.indices)
    var successes = 0
    for pair in servers.pairs {
      async let theirs = original.probe(module: pair.module, target: pair.target, timeoutSeconds: pair.timeoutSeconds)
      async let ours = curlew.probe(module: pair.module, target: pair.target, timeoutSeconds: pair.timeoutSeconds)
      let answers = (ours: try await ours, theirs: try await theirs)
      #expect(answers.ours.status == answers.theirs.status, "\(pair.name): \(answers.ours.body)")
      successes += answers.theirs.body.contains("\nprobe_success 1\n") ? 1 : 0
      let differences = ExporterText(answers.ours.body).differences(
        from: ExporterText(answers.theirs.body), isTimed: Self.isTimed)
      for line in differences {
        let reasons = known.indices.filter { known[$0].explains(line, of: pair.name) }
        #expect(!reasons.isEmpty, "\(pair.name): \(line)")
        unused.subtract(reasons)
      }
    }
    // A server that is not there would make all probes alike.
    #expect(successes >= 25)
    #expect(unused.isEmpty, "differences that were not seen: \(unused.map { known[$0].line })")
  }
}
