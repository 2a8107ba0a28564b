import Model
import TestSupport
import Testing

@Suite("Credentials of nodes", .timeLimit(.minutes(4)))
struct CredentialTests {
  /// A node that is not let in, and why.
  private struct Stranger {
    var name: String
    var credentials: [String]
    var reason: String
    /// What its own log says.
    var words: String
  }

  @Test("nodes come in by token or by certificate; strangers are told why not, counted, and disturb nobody")
  func strangers() async throws {
    let certificates = try Certificates.shared.get()
    func certificate(_ name: String) -> [String] {
      ["--ca", certificates.path("root.pem"), "--certificate", certificates.path("\(name).pem")]
        + ["--key", certificates.path("\(name).key")]
    }
    func token(_ name: String) -> [String] { ["--ca", certificates.path("root.pem"), "--token-file", "\(name).token"] }
    let target = try SocketServer { $0.waitForEnd() }
    let fleet = try await Fleet(
      scenario: """
        version: 1
        checks:
          - {id: shop, every: 1s, timeout: 900ms, tcp: {target: "127.0.0.1:\(target.port)"}}

        """)
    try fleet.workspace.write("2f1c-expired\n", to: "old.token")
    try fleet.workspace.write("2f1c-for-one\n", to: "bound.token")
    try fleet.workspace.write("nobody's\n", to: "wrong.token")
    try await fleet.secure([
      "certificate: client, region: eu", "certificate: elliptic.example, region: us",
      "name: old, sha256: \(Self.old), region: eu, expires: 2020-01-01",
      "name: bound, sha256: \(Self.bound), region: eu, node: eu-9",
    ])
    try await fleet.startHub()
    try await fleet.startAgent("eu-1", in: "eu", by: certificate("client"))
    try await fleet.startAgent("us-1", in: "us", by: token("us"))
    let strangers = [
      Stranger(
        name: "foreign-certificate", credentials: certificate("elliptic"), reason: "foreign-region",
        words: #"the pass \"elliptic.example\" is for \"us\""#),
      Stranger(
        name: "foreign-token", credentials: token("us"), reason: "foreign-region",
        words: #"the pass \"us\" is for \"us\""#),
      Stranger(
        name: "bound-token", credentials: token("bound"), reason: "foreign-region",
        words: #"the pass \"bound\" is for \"eu-9\""#),
      Stranger(
        name: "old-token", credentials: token("old"), reason: "expired-token",
        words: #"the token \"old\" was good until 2020-01-01"#),
      Stranger(
        name: "wrong-token", credentials: token("wrong"), reason: "wrong-token", words: "the token is not in force"),
    ]
    for stranger in strangers { try await fleet.startAgent(stranger.name, in: "eu", by: stranger.credentials) }
    do {
      for stranger in strangers {
        let agent = try #require(await fleet.agents[stranger.name])
        _ = try await eventually("\(stranger.name) says why it is refused") {
          let words = agent.process.stderr.replacing("\\\"", with: "\"")
          return words.contains("the hub refuses this node") && words.contains(stranger.reason)
            && words.contains(stranger.words.replacing("\\\"", with: "\"")) ? true : nil
        }
      }
      let hub = try #require(await fleet.hubs.first)
      let metrics = try await Self.get("/metrics", hub, certificates)
      for (reason, count) in [("foreign-region", 3), ("expired-token", 1), ("wrong-token", 1)] {
        // A node asks again, so there may be more by now.
        let line = metrics.split(separator: "\n").first {
          $0.hasPrefix("curlew_fleet_refused_total{reason=\"\(reason)\"} ")
        }
        let counted = line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
        #expect(counted >= Double(count), "\(reason)")
      }
      for (node, region) in [("eu-1", "eu"), ("us-1", "us")] {
        let from = SystemTime().now.rfc3339()
        _ = try await eventually("\(node) goes on") {
          let path = "/api/v1/checks/shop/runs?region=\(region)&from=\(from)&limit=1"
          return try await Self.get(path, hub, certificates).contains("\"node\":\"\(node)\"") ? true : nil
        }
      }
      let nodes = try await Self.get("/api/v1/nodes", hub, certificates)
      #expect(strangers.allSatisfy { !nodes.contains($0.name) })
    } catch {
      Issue.record("\(error)\n\(await fleet.words)")
    }
  }

  /// SHA-256 of the two tokens.
  private static let old = "7362c50a5e3dfdf695f53ea44c8310ed1459db01882da15611f7fccc1d02555e"
  private static let bound = "6329a98ca8a7e0a1f670d72a26eafc1d52d6ede8e7aa5cdecb75b698fa13c95d"

  private static func get(_ path: String, _ hub: Fleet.Member, _ certificates: Certificates) async throws -> String {
    let curl = try ChildProcess([
      "curl", "-sS", "--cacert", certificates.path("root.pem"), "https://127.0.0.1:\(hub.port)\(path)",
    ])
    return try await curl.outcome().stdout
  }
}
