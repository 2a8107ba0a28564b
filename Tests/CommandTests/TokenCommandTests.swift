import Foundation
import Model
import Scenarios
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

  @Test("a token of nodes has the region, the node and the end that were asked for, and is admitted by its entry")
  func nodeToken() async throws {
    let outcome = try await CurlewProcess.run([
      "token", "--region", "eu-west", "--node", "probe-1", "--expires", "90d",
    ])
    #expect(outcome.exitCode == 0)
    let lines = outcome.stdout.split(separator: "\n").map(String.init)
    let token = try #require(lines.first)
    let entry = try #require(lines.last)
    #expect(outcome.stdout.contains("Under `nodes:` in the service file"))
    let start =
      "  - {name: 'probe-1', sha256: \(TokenText.hex(TokenText.digest(token))), region: 'eu-west', node: 'probe-1', expires: '"
    #expect(entry.hasPrefix(start))
    let end = try #require(Timestamp(rfc3339: String(entry.dropFirst(start.count).prefix { $0 != "'" })))
    #expect(abs((end - SystemTime().now - .days(90)).seconds) < 600)

    let file = FileManager.default.temporaryDirectory.appending(path: "nodes-\(UUID()).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    try "nodes:\n\(entry)\n".write(to: file, atomically: true, encoding: .utf8)
    let read = ServiceFileLoader().load(file.path())
    let book = AccessBook(nodes: try #require(read.file?.nodes, "\(read.diagnostics)"))
    guard case .granted(let pass) = book.admission(nodeToken: token, at: SystemTime().now) else {
      Issue.record("the token is not good")
      return
    }
    #expect(pass.region == "eu-west" && pass.node == "probe-1" && pass.expires == end)
    #expect(book.admission(nodeToken: token, at: end) == .expired(pass))
    #expect(book.admission(nodeToken: token + "x", at: SystemTime().now) == .unknown)
  }

  @Test(
    "what is wrong is told with what is allowed",
    arguments: [
      (
        ["--name", "a", "--scope", "page"],
        "unknown scope 'page'; scopes are incidents, exclusions, heartbeats, pages"
      ),
      (["--name", "", "--scope", "pages"], "--name takes one line of 1 to 64 characters"),
      (["--name", "a"], "name a scope: --scope incidents exclusions heartbeats pages; or the region of nodes"),
      (["--region", "eu west"], "--region 'eu west' is no name"),
      (["--region", "eu", "--node=-x"], "--node '-x' is no name"),
      (["--region", "eu", "--expires", "soon"], "--expires 'soon' is no duration"),
      (["--region", "eu", "--scope", "pages"], "--scope is for tokens of the API"),
      (["--name", "a", "--scope", "pages", "--node", "x"], "--node is for tokens of nodes, beside --region"),
    ])
  func wrong(arguments: [String], words: String) async throws {
    let outcome = try await CurlewProcess.run(["token"] + arguments)
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains(words))
    #expect(outcome.stdout.isEmpty)
  }
}
