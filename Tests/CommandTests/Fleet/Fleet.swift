import Glibc
import Synchronization
import TestSupport

/// PostgreSQL, hubs and nodes as processes, beside a test.
actor Fleet {
  /// One of them, which can be killed and started again.
  struct Member {
    var process: ChildProcess
    var port: Int
  }

  static let regions = ["eu", "us"]
  let postgres: PostgresServer
  let workspace: Workspace
  private let store: String
  /// The entries of `nodes` in the service file.
  private let passes: [String]
  private var scheme = "http"
  private(set) var hubs: [Member] = []
  private(set) var agents: [String: Member] = [:]

  /// A fleet without hubs and nodes.
  ///
  /// - Parameter scenario: the checks of all hubs.
  init(scenario: String) async throws {
    postgres = try await PostgresServer(isDurable: true)
    store = try await postgres.makeDatabase()
    workspace = try Workspace(["checks.yaml": scenario])
    var passes: [String] = []
    for region in Self.regions {
      let made = try await workspace.curlew("token", "--name", region, "--node-region", region)
      let lines = made.stdout.split(separator: "\n").map { $0.drop { $0 == " " } }
      guard made.exitCode == 0, let token = lines.first, let entry = lines.last, entry.hasPrefix("- {") else {
        throw TestProgram.Failure(description: "no token: \(made.stdout)\(made.stderr)")
      }
      try workspace.write("\(token)\n", to: "\(region).token")
      passes.append("  \(entry)")
    }
    self.passes = passes
    try workspace.write("nodes:\n\(passes.joined(separator: "\n"))\n", to: "curlew.yaml")
  }

  /// From now on hubs speak TLS, verify the certificates of whoever shows one, and let more nodes in.
  ///
  /// - Parameter more: entries of `nodes`.
  func secure(_ more: [String]) throws {
    let certificates = try Certificates.shared.get()
    try workspace.write(
      """
      tls_server_config:
        cert_file: \(certificates.path("good.pem"))
        key_file: \(certificates.path("good.key"))
        client_auth_type: VerifyClientCertIfGiven
        client_ca_file: \(certificates.path("root.pem"))

      """, to: "web.yml")
    let nodes = (passes + more.map { "  - {\($0)}" }).joined(separator: "\n")
    try workspace.write("web: web.yml\nnodes:\n\(nodes)\n", to: "curlew.yaml")
    scheme = "https"
  }

  /// Starts a hub; at the port of the one that it takes the place of.
  func startHub(inPlaceOf number: Int? = nil) async throws {
    let port = number.map { hubs[$0].port } ?? 0
    let process = try CurlewProcess.start(
      [
        "hub", "checks.yaml", "--config", "curlew.yaml", "--store", store, "--listen", "127.0.0.1:\(port)",
      ], in: workspace.folder)
    let member = Member(process: process, port: try await Self.port(of: process))
    if let number { hubs[number] = member } else { hubs.append(member) }
  }

  /// Starts a node that may ask every hub.
  ///
  /// - Parameter credentials: flags that say who it is; the token of its region where nothing is said.
  func startAgent(
    _ name: String, in region: String, by credentials: [String]? = nil, environment: [String: String] = [:]
  ) async throws {
    let process = try agent(name, in: region, by: credentials, environment: environment, at: 0)
    agents[name] = Member(process: process, port: try await Self.port(of: process))
  }

  /// Lets a new process take the place of a node's, at its port and with its spool, as an upgrade does.
  ///
  /// - Returns: how the old one ended.
  func replaceAgent(_ name: String, in region: String) async throws -> ChildProcess.Outcome? {
    guard let old = agents[name] else { return nil }
    let process = try agent(name, in: region, at: old.port)
    agents[name] = Member(process: process, port: old.port)
    let outcome = try await old.process.outcome()
    _ = try await Self.port(of: process)
    return outcome
  }

  private func agent(
    _ name: String, in region: String, by credentials: [String]? = nil, environment: [String: String] = [:],
    at port: Int
  ) throws -> ChildProcess {
    let places = hubs.flatMap { ["--hub", "\(scheme)://127.0.0.1:\($0.port)"] }
    return try CurlewProcess.start(
      ["agent"] + places + (credentials ?? ["--token-file", "\(region).token"]) + [
        "--region", region, "--name", name, "--spool", "\(name).spool", "--listen", "127.0.0.1:\(port)",
      ], environment: environment, in: workspace.folder)
  }

  /// kill -9.
  func kill(agent name: String) async throws {
    agents[name]?.process.send(SIGKILL)
    _ = try await agents[name]?.process.outcome()
  }

  /// kill -9.
  func kill(hub number: Int) async throws {
    hubs[number].process.send(SIGKILL)
    _ = try await hubs[number].process.outcome()
  }

  /// What every process wrote, for a test that failed.
  var words: String {
    (hubs.map { ("hub", $0) } + agents.map { ($0.key, $0.value) })
      .map { "\($0.0): \($0.1.process.stderr.suffix(2000))" }.joined(separator: "\n")
  }

  /// Which of the hubs decides: its metrics say so.
  func leader() async throws -> Int {
    try await eventually("a hub decides") { [hubs] in
      for (number, hub) in hubs.enumerated() {
        let text = try? await PlainHTTP(port: hub.port).get("/metrics").body
        if text?.contains("curlew_singleton_held{singleton=\"deciding\"} 1") == true { return number }
      }
      return nil
    }
  }

  private static func port(of process: ChildProcess) async throws -> Int {
    try await eventually("curlew listens") {
      if process.ended != nil { throw TestProgram.Failure(description: "curlew ended: \(process.stderr)") }
      let words = process.stderr
      guard let start = words.firstRange(of: "listening on http://127.0.0.1:") else { return nil }
      let digits = words[start.upperBound...].prefix { $0.isNumber }
      return words[digits.endIndex...].isEmpty ? nil : Int(digits)
    }
  }
}
