import ArgumentParser
import Model
import Server

/// `curlew token`: makes a token for the API.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Makes a token for the API, and prints its entry for the service file.",
    discussion: "The token is printed once and kept nowhere: the service file holds its SHA-256 alone.")

  @Option(help: "Whose token it is, for logs.")
  var name: String

  @Option(
    parsing: .upToNextOption,
    help: "What it may do: incidents, exclusions, heartbeats, pages; several may be given.")
  var scope: [String]

  func run() throws {
    guard (1...64).contains(name.count), !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw CommandFailure("a name is one line of 1 to 64 characters")
    }
    let all = APIToken.Scope.allCases.map(\.rawValue)
    for word in scope where !all.contains(word) {
      throw CommandFailure("unknown scope '\(word)'; scopes are \(all.joined(separator: ", "))")
    }
    let scopes = all.filter(scope.contains)
    guard !scopes.isEmpty else { throw CommandFailure("name a scope: --scope \(all.joined(separator: " "))") }
    let token = TokenText.fresh()
    // In single quotes nothing but the quote itself has a meaning in YAML.
    let quoted = name.replacing("'", with: "''")
    Terminal.standardOutput.write(
      """
      \(token)

      # The token above is shown once. Under `tokens:` in the service file:
        - {name: '\(quoted)', sha256: \(TokenText.hex(TokenText.digest(token))), scopes: [\(scopes.joined(separator: ", "))]}

      """)
  }
}
