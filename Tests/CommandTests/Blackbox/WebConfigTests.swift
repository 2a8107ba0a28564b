import TestSupport
import Testing

@Suite("Web configuration")
struct WebConfigTests {
  private static let modules = "modules:\n  http_2xx:\n    prober: http\n"
  /// Of "hunter2".
  private static let hash = "$2b$04$abcdefghijklmnopqrstuuV3duMsC0HpUex6N9qapiuOHHWkwRXVm"

  private static func workspace(_ web: String) throws -> Workspace {
    try Workspace(["blackbox.yml": modules, "web.yml": web])
  }

  private static func tls(_ more: String = "") throws -> String {
    let folder = try Certificates.shared.get().folder
    return "tls_server_config:\n  cert_file: \(folder)/good.pem\n  key_file: \(folder)/good.key\n" + more
  }

  private static func exporter(_ web: String) async throws -> Exporter {
    try await Exporter("--web.config.file=web.yml", in: try workspace(web))
  }

  private static func authority() throws -> String { try Certificates.shared.get().path("root.pem") }

  @Test("users are asked who they are, on every endpoint, and a changed file counts at once")
  func users() async throws {
    let workspace = try Self.workspace("basic_auth_users:\n  ann: \(Self.hash)\n")
    let exporter = try await Exporter("--web.config.file=web.yml", in: workspace)
    let none = try await exporter.http.get("/metrics")
    #expect(none.status == 401)
    #expect(none.headers["www-authenticate"] == "Basic")
    #expect(none.body == "Unauthorized\n")
    // ann:hunter2, ann:hunter3, bob:hunter2
    let right = ["Authorization": "Basic YW5uOmh1bnRlcjI="]
    for _ in 0..<2 { #expect(try await exporter.http.get("/-/healthy", right).status == 200) }
    for wrong in ["Basic YW5uOmh1bnRlcjM=", "Basic Ym9iOmh1bnRlcjI=", "Basic !", "Bearer x"] {
      #expect(try await exporter.http.get("/-/healthy", ["Authorization": wrong]).status == 401)
    }
    try workspace.write("basic_auth_users:\n  bob: \(Self.hash)\n", to: "web.yml")
    #expect(try await exporter.http.get("/-/healthy", right).status == 401)
    #expect(
      try await exporter.http.get("/-/healthy", ["Authorization": "Basic Ym9iOmh1bnRlcjI="]).status == 200)
    try workspace.write("basic_auth_users: [\n", to: "web.yml")
    #expect(try await exporter.http.get("/-/healthy", right).status == 500)
  }

  @Test("headers are added to every answer, and too many requests are refused")
  func headersAndRate() async throws {
    let exporter = try await Self.exporter(
      """
      http_server_config:
        headers:
          X-Frame-Options: deny
          Strict-Transport-Security: max-age=1
      rate_limit:
        interval: 1h
        burst: 2
      """)
    let first = try await exporter.http.get("/-/healthy")
    #expect(first.headers["x-frame-options"] == "deny")
    #expect(first.headers["strict-transport-security"] == "max-age=1")
    #expect(try await exporter.http.get("/-/healthy").status == 200)
    #expect(try await exporter.http.get("/-/healthy").status == 429)
  }

  @Test("TLS speaks HTTP/2 or HTTP/1.1, as the client and the file have it")
  func tls() async throws {
    let exporter = try await Self.exporter(try Self.tls())
    let authority = try Self.authority()
    #expect(try await exporter.curl("/-/healthy", "--cacert", authority).stdout == "Healthy\n200 2")
    #expect(
      try await exporter.curl("/-/healthy", "--cacert", authority, "--http1.1").stdout == "Healthy\n200 1.1")
    #expect(try await exporter.curl("/-/healthy").exitCode == 60, "the client does not know the authority")
    let old = try await Self.exporter(try Self.tls() + "http_server_config:\n  http2: false\n")
    #expect(try await old.curl("/-/healthy", "--cacert", authority).stdout == "Healthy\n200 1.1")
  }

  @Test("versions, suites and curves are those of the file")
  func choices() async throws {
    let exporter = try await Self.exporter(
      try Self.tls(
        """
          max_version: TLS12
          cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]
          curve_preferences: [CurveP384]

        """))
    let authority = try Self.authority()
    #expect(try await exporter.curl("/-/healthy", "--cacert", authority).exitCode == 0)
    #expect(try await exporter.curl("/-/healthy", "--cacert", authority, "--tlsv1.3").exitCode == 35)
    #expect(try await exporter.curl("/-/healthy", "--cacert", authority, "--curves", "X25519").exitCode == 35)
    #expect(
      try await exporter.curl(
        "/-/healthy", "--cacert", authority, "--ciphers", "ECDHE-RSA-AES128-GCM-SHA256"
      ).exitCode == 35)
  }

  @Test(
    "clients' certificates are asked for and verified as the file says",
    arguments: [
      ("NoClientCert", nil, none: true, good: true, untrusted: true),
      ("RequestClientCert", nil, true, true, true), ("RequireAnyClientCert", nil, false, true, true),
      ("VerifyClientCertIfGiven", nil, true, true, false), ("RequireAndVerifyClientCert", nil, false, true, false),
      ("RequireAndVerifyClientCert", "client.example", false, true, false),
      ("RequireAndVerifyClientCert", "other.example", false, false, false),
    ] as [(String, String?, none: Bool, good: Bool, untrusted: Bool)])
  func clients(_ type: String, _ name: String?, _ none: Bool, _ good: Bool, _ untrusted: Bool) async throws {
    let certificates = try Certificates.shared.get()
    var more = "  client_auth_type: \(type)\n"
    if type != "NoClientCert" { more += "  client_ca_file: \(certificates.path("root.pem"))\n" }
    if let name { more += "  client_allowed_sans: [\(name)]\n" }
    let exporter = try await Self.exporter(try Self.tls(more))
    let authority = certificates.path("root.pem")
    func isLetIn(_ certificate: String?) async throws -> Bool {
      guard let certificate else { return try await exporter.curl("/metrics", "--cacert", authority).exitCode == 0 }
      return try await exporter.curl(
        "/metrics", "--cacert", authority, "--cert", certificates.path("\(certificate).pem"), "--key",
        certificates.path("\(certificate).key")
      ).exitCode == 0
    }
    #expect(try await isLetIn(nil) == none)
    #expect(try await isLetIn("client") == good)
    #expect(try await isLetIn("untrusted") == untrusted)
  }

  @Test("a certificate that is changed secures the next connection")
  func renewal() async throws {
    let certificates = try Certificates.shared.get()
    let workspace = try Self.workspace("tls_server_config: {cert_file: a.pem, key_file: a.key}\n")
    func use(_ name: String) throws {
      for kind in ["pem", "key"] {
        try workspace.write(try TestProgram.read(certificates.path("\(name).\(kind)")), to: "a.\(kind)")
      }
    }
    try use("good")
    let exporter = try await Exporter("--web.config.file=web.yml", in: workspace)
    #expect(try await exporter.curl("/metrics", "--cacert", certificates.path("root.pem")).exitCode == 0)
    try use("untrusted")
    #expect(try await exporter.curl("/metrics", "--cacert", certificates.path("root.pem")).exitCode == 60)
    #expect(try await exporter.curl("/metrics", "--cacert", certificates.path("other-root.pem")).exitCode == 0)
  }

  @Test(
    "a wrong file ends it with 1, and says what is wrong",
    arguments: [
      ("tls_server_config: {cert_file: a.pem}", "missing one of key or key_file"),
      ("tls_server_config: {key_file: a.key}", "missing one of cert or cert_file"),
      ("tls_server_config: {cert_file: a.pem, key_file: a.key}", "a.pem"),
      (
        "tls_server_config: {cert: x, key: y, client_ca: z}",
        "client CA's have been configured without a Client Auth Policy"
      ),
      ("tls_server_config: {cert: x, key: y, client_auth_type: Maybe}", "Maybe"),
      ("tls_server_config: {cert: x, key: y, cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]}", "TLS_RSA_WITH_RC4_128_SHA"),
      ("tls_server_config: {cert: x, key: y, curve_preferences: [P256]}", "P256"),
      ("tls_server_config: {cert: x, key: y, min_version: TLS14}", "TLS14"),
      ("tls_server_config: {cert: x, key: y, nothing: 1}", "unknown key 'nothing'"),
      ("http_server_config: {headers: {Server: x}}", "HTTP header \\\"Server\\\" can not be configured"),
      ("http_server_config: {headers: {X-Frame-Options: maybe}}", "maybe"),
      ("basic_auth_users: {ann: hunter2}", "bcrypt"),
      ("nothing: 1", "unknown key 'nothing'"), ("a: [", "web.yml"),
    ])
  func wrongFiles(_ web: String, _ words: String) async throws {
    let workspace = try Self.workspace(web + "\n")
    let outcome = try await workspace.curlew(
      "blackbox", "--web.listen-address=127.0.0.1:0", "--web.config.file=web.yml")
    #expect(outcome.exitCode == 1)
    #expect(outcome.stderr.contains(words), "\(outcome.stderr)")
    #expect(!outcome.stderr.contains("hunter2"))
  }

  @Test("a file that is not there ends it with 1")
  func missingFile() async throws {
    let workspace = try Self.workspace("")
    let outcome = try await workspace.curlew("blackbox", "--web.config.file=nothing.yml")
    #expect(outcome.exitCode == 1)
    #expect(outcome.stderr.contains("nothing.yml"))
  }

  @Test("curlew run is guarded by the web configuration of its service file")
  func daemon() async throws {
    let workspace = try Self.workspace("basic_auth_users:\n  ann: \(Self.hash)\n")
    try workspace.write(
      "version: 1\nchecks:\n  - id: one\n    every: 1h\n    tcp: {target: '127.0.0.1:1'}\n", to: "checks.yaml")
    try workspace.write("files: [checks.yaml]\nweb: web.yml\n", to: "curlew.yaml")
    let daemon = try await Daemon("--config", "curlew.yaml", in: workspace)
    #expect(try await daemon.http.get("/").status == 401)
    #expect(try await daemon.http.get("/health", ["Authorization": "Basic YW5uOmh1bnRlcjI="]).status == 200)
  }
}
