import ArgumentParser
import Model
import Server

/// `curlew token`: makes a token, for the API or for nodes of a region.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Makes a token for the API, or for the nodes of a region, and prints its entry for the service file.",
    discussion: "The token is printed once and kept nowhere: the service file holds its SHA-256 alone.")

  @Option(help: "Whose token it is, for logs; for nodes that of the node, or of the region, where none is given.")
  var name: String?

  @Option(
    parsing: .upToNextOption,
    help: "What it may do: incidents, exclusions, heartbeats, pages; several may be given.")
  var scope: [String] = []

  @Option(
    name: [.customLong("region"), .customLong("node-region")],
    help: "The region whose nodes it is for, in place of a scope.")
  var region: String?

  @Option(help: "The only node of the region that it is for.")
  var node: String?

  @Option(help: ArgumentHelp("For how long it is good, from now on: 90d.", valueName: "duration"))
  var expires: String?

  func validate() throws {
    guard region == nil else {
      guard scope.isEmpty else {
        throw ValidationError("--scope is for tokens of the API, and --region for those of nodes: write one of them")
      }
      return
    }
    for (flag, value) in [("--node", node), ("--expires", expires)] where value != nil {
      throw ValidationError("\(flag) is for tokens of nodes, beside --region")
    }
  }

  func run() throws {
    let token = TokenText.fresh()
    let (key, entry) = try region.map { try nodeEntry(of: token, region: $0) } ?? apiEntry(of: token)
    Terminal.standardOutput.write(
      """
      \(token)

      # The token above is shown once. Under `\(key):` in the service file:
        - {\(entry)}

      """)
  }

  private func apiEntry(of token: String) throws -> (key: String, text: String) {
    let name = try Self.checked(name ?? "")
    let all = APIToken.Scope.allCases.map(\.rawValue)
    for word in scope where !all.contains(word) {
      throw CommandFailure("unknown scope '\(word)'; scopes are \(all.joined(separator: ", "))")
    }
    let scopes = all.filter(scope.contains)
    guard !scopes.isEmpty else {
      throw CommandFailure(
        "name a scope: --scope \(all.joined(separator: " ")); or the region of nodes: --region REGION")
    }
    return (
      "tokens",
      "name: \(Self.quoted(name)), sha256: \(Self.digest(of: token)), scopes: [\(scopes.joined(separator: ", "))]"
    )
  }

  private func nodeEntry(of token: String, region: String) throws -> (key: String, text: String) {
    for (flag, value) in [("--region", region), ("--node", node)] {
      guard let value, !NodeDescription.isName(value) else { continue }
      throw CommandFailure(
        "\(flag) '\(value)' is no name: 1 to 63 letters, digits, '.', '_' and '-', a letter or digit first")
    }
    let name = try Self.checked(self.name ?? node ?? region)
    var text = "name: \(Self.quoted(name)), sha256: \(Self.digest(of: token)), region: \(Self.quoted(region))"
    if let node { text += ", node: \(Self.quoted(node))" }
    if let expires {
      guard let span = Units.duration(expires), span >= .minutes(1), span <= .days(3660) else {
        throw CommandFailure("--expires '\(expires)' is no duration from 1m to 3660d; write for example --expires 90d")
      }
      text += ", expires: '\((SystemTime().now + span).rfc3339(fractionDigits: 0))'"
    }
    return ("nodes", text)
  }

  private static func checked(_ name: String) throws -> String {
    guard (1...64).contains(name.count), !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw CommandFailure("--name takes one line of 1 to 64 characters: whose token it is")
    }
    return name
  }

  private static func digest(of token: String) -> String { TokenText.hex(TokenText.digest(token)) }

  /// In single quotes nothing but the quote itself has a meaning in YAML.
  private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
