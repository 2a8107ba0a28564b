import Foundation
import TestSupport
import Testing

@Suite("curlew convert")
struct ConvertCommandTests {
  /// A folder of its own with these files, taken away at the end.
  private func inFolder(
    _ files: [String: String] = [:], _ body: (_ folder: String) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "curlew-convert-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files {
      try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }
    try await body(folder.path())
  }

  private static let command = "curl -L -u anna:s3cr3tpass https://shop.example.org/cart --ntlm\n"

  @Test("writes the scenario to standard output and what is to be known to standard error")
  func converts() async throws {
    try await inFolder(["cart.txt": Self.command]) { folder in
      let outcome = try await CurlewProcess.run(["convert", "cart.txt"], in: folder)
      #expect(outcome.exitCode == 0)
      #expect(outcome.stdout.contains("id: shop-example-org-cart"))
      #expect(outcome.stderr.contains("cart.txt:1: warning: --ntlm is not carried over"))
      #expect(outcome.stderr.contains("cart.txt:1: note: set the environment variable PASSWORD"))
      #expect(!(outcome.stdout + outcome.stderr).contains("s3cr3tpass"))
    }
  }

  @Test("reads standard input, and arguments after --")
  func readsOtherSources() async throws {
    let piped = try await CurlewProcess.run(["convert", "-", "--id", "Cart X"], input: Self.command)
    #expect(piped.exitCode == 0 && piped.stdout.contains("id: cart-x") && piped.stderr.contains("<stdin>:1: "))
    let arguments = ["convert", "--from", "curl", "--", "curl", "-X", "PUT", "-d", "a b", "https://shop.example.org/"]
    let direct = try await CurlewProcess.run(arguments)
    #expect(direct.exitCode == 0 && direct.stdout.contains("method: PUT") && direct.stdout.contains("body: a b"))
  }

  @Test("with --strict ends with 1 when something was not carried over, and only then")
  func isStrict() async throws {
    let lossy = try await CurlewProcess.run(["convert", "-", "--strict"], input: Self.command)
    #expect(lossy.exitCode == 1 && lossy.stdout.contains("checks:"))
    let whole = try await CurlewProcess.run(["convert", "-", "--strict"], input: "curl https://shop.example.org/")
    #expect(whole.exitCode == 0)
  }

  @Test("overwrites a file only when told to")
  func overwrites() async throws {
    try await inFolder(["a.hurl": "GET https://shop.example.org/\n", "a.yaml": "mine"]) { folder in
      let file = URL(filePath: folder).appending(path: "a.yaml")
      let refused = try await CurlewProcess.run(["convert", "a.hurl", "--output", "a.yaml"], in: folder)
      #expect(refused.exitCode == 2 && refused.stderr.contains("'a.yaml' is there already: --force"))
      #expect(try String(contentsOf: file, encoding: .utf8) == "mine")
      let forced = try await CurlewProcess.run(["convert", "a.hurl", "-o", "a.yaml", "--force"], in: folder)
      #expect(forced.exitCode == 0 && forced.stdout.isEmpty)
      #expect(try String(contentsOf: file, encoding: .utf8).contains("id: a\n"))
      #expect(try await CurlewProcess.run(["validate", "a.yaml"], in: folder).exitCode == 0)
    }
  }

  @Test(
    "answers wrong usage and wrong input with exit code 2, and nothing on standard output",
    arguments: [
      (["convert"], "", "name a file"), (["convert", "none.har"], "", "none.har:1:1: cannot read it"),
      (["convert", "-", "--from", "wget"], "", "wget"), (["convert", "-"], "what is this", "say --from"),
      (["convert", "-", "--", "curl", "x"], "", "not both"),
      (["convert", "--from", "har", "--", "curl", "x"], "", "--"),
      (["convert", "-", "--force"], "curl https://a.example", "--output"),
      (["convert", "-", "--from", "har"], "{\"log\":\n {\"entries\": [}", "<stdin>:2:15: expected a JSON value"),
      (["convert", "-"], "curl 'https://a.example", "<stdin>:1:6: the quote"),
      (["convert", "-", "-o", "none/a.yaml"], "curl https://a.example", "cannot write 'none/a.yaml'"),
    ])
  func refuses(arguments: [String], input: String, words: String) async throws {
    try await inFolder { folder in
      let outcome = try await CurlewProcess.run(arguments, input: input, in: folder)
      #expect(outcome.exitCode == 2, "\(outcome.stderr)")
      #expect(outcome.stderr.contains(words), "\(outcome.stderr)")
      #expect(outcome.stdout.isEmpty)
    }
  }
}
