import Foundation
import TestSupport
import Testing

@Suite("The samples")
struct SampleTests {
  /// The repository that this file is part of.
  private static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Whole scenario files: those in `scenarios/`, and those in the documentation.
  private static let samples: [(name: String, text: String)] = {
    var samples: [(String, String)] = []
    let folder = root.appendingPathComponent("scenarios")
    for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    where name.hasSuffix(".yaml") {
      if let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) {
        samples.append((name, text))
      }
    }
    let docs = root.appendingPathComponent("docs")
    let pages = ((try? FileManager.default.contentsOfDirectory(atPath: docs.path)) ?? []).sorted()
      .filter { $0.hasSuffix(".md") }.map { docs.appendingPathComponent($0) }
    for page in [root.appendingPathComponent("README.md")] + pages {
      guard let text = try? String(contentsOf: page, encoding: .utf8) else { continue }
      for (place, yaml) in blocks(of: text).enumerated()
      where yaml.contains("version: 1") && yaml.contains("checks:") {
        samples.append(("\(page.lastPathComponent)-\(place + 1).yaml", yaml))
      }
    }
    return samples
  }()

  /// The YAML blocks of a Markdown page, without the indentation of a list that they stand in.
  private static func blocks(of page: String) -> [String] {
    var blocks: [String] = []
    var open: (indent: Int, lines: [Substring])?
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.drop { $0 == " " }
      if let block = open {
        if words == "```" {
          blocks.append(block.lines.joined(separator: "\n") + "\n")
          open = nil
        } else {
          open?.lines.append(line.dropFirst(block.indent))
        }
      } else if words == "```yaml" {
        open = (line.count - words.count, [])
      }
    }
    return blocks
  }

  /// What samples expect to find in the environment.
  private static func environment(of text: String) -> [String: String] {
    var environment: [String: String] = [:]
    for match in text.matches(of: #/env: ([A-Z][A-Z0-9_]*)|env\.([A-Z][A-Z0-9_]*)/#) {
      environment[String(match.output.1 ?? match.output.2 ?? "")] = "value-of-it"
    }
    return environment
  }

  @Test("are there: in the folder, in the README and in the documentation")
  func there() {
    let names = Self.samples.map(\.name)
    #expect(names.count { !$0.contains(".md") } >= 6)
    #expect(names.contains { $0.hasPrefix("README.md") })
    #expect(names.count { $0.contains(".md") } >= 5)
  }

  @Test("load without a problem", arguments: samples)
  func load(name: String, text: String) async throws {
    let workspace = try Workspace([name: text])
    for file in text.matches(of: #/(?:file|ca|cert|key|ca_file): "?([\w.-]+\.(?:pem|json|txt|key|crt))"?/#) {
      try workspace.write("text\n", to: String(file.output.1))
    }
    let outcome = try await CurlewProcess.run(
      ["validate", name], environment: Self.environment(of: text), in: workspace.folder)
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
  }

  @Test("are valid by the schema that the command prints, which is a valid schema itself")
  func schema() async throws {
    let workspace = try Workspace()
    let schema = try await workspace.curlew("schema")
    #expect(schema.exitCode == 0)
    try workspace.write(schema.stdout, to: "schema.json")
    for (name, text) in Self.samples { try workspace.write(text, to: name) }
    try workspace.write("version: 1\nchecks:\n  - {id: a, htpp: {url: \"http://a.example/\"}}\n", to: "wrong.yaml")
    try workspace.write(
      """
      import json, jsonschema, sys, yaml
      schema = json.load(open("schema.json"))
      jsonschema.Draft202012Validator.check_schema(schema)
      validator = jsonschema.Draft202012Validator(schema)
      for name in sys.argv[1:]:
          for error in validator.iter_errors(yaml.safe_load(open(name))):
              print(name, list(error.absolute_path), error.message[:300])
      """, to: "validate.py")
    let python = try await Self.python()
    let outcome = try await ChildProcess.run(
      [python, "validate.py", "wrong.yaml"] + Self.samples.map(\.name), in: workspace.folder)
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    let complaints = outcome.stdout.split(separator: "\n")
    #expect(complaints.filter { !$0.hasPrefix("wrong.yaml") }.isEmpty, "\(outcome.stdout)")
    // The validator is no rubber stamp.
    #expect(complaints.contains { $0.hasPrefix("wrong.yaml") })
  }

  /// A Python that can validate.
  private static func python() async throws -> String {
    for python in ["python3", "/usr/bin/python3"] {
      let outcome = try await ChildProcess.run([python, "-c", "import jsonschema, yaml"])
      if outcome.exitCode == 0 { return python }
    }
    throw TestProgram.Failure(
      description: "no python3 has jsonschema and yaml; install python3-jsonschema and python3-yaml")
  }
}
