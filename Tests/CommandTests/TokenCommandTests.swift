import Server
import TestSupport
import Testing

@Suite("curlew token")
struct TokenCommandTests {
  @Test("a token is printed once, with the entry that holds its digest and its scopes in order")
  func token() async throws {
    let outcome = try await CurlewProcess.run(["token", "--name", "Bo's job", "--scope", "pages", "incidents"])
    #expect(outcome.exitCode == 0)
    let lines = outcome.stdout.split(separator: "\n").map(String.init)
    let token = try #require(lines.first)
    #expect(token.hasPrefix("curlew_"))
    let digest = TokenText.hex(TokenText.digest(token))
    #expect(lines.last == "  - {name: 'Bo''s job', sha256: \(digest), scopes: [incidents, pages]}")
  }

  @Test(
    "what is wrong is told with what is allowed",
    arguments: [
      (
        ["--name", "a", "--scope", "page"],
        "unknown scope 'page'; scopes are incidents, exclusions, heartbeats, pages"
      ),
      (["--name", "", "--scope", "pages"], "a name is one line of 1 to 64 characters"),
    ])
  func wrong(arguments: [String], words: String) async throws {
    let outcome = try await CurlewProcess.run(["token"] + arguments)
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains(words))
    #expect(outcome.stdout.isEmpty)
  }
}
