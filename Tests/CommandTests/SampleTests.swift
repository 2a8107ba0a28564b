import Foundation
import TestSupport
import Testing

@Suite("The samples")
struct SampleTests {
  /// The repository that this file is part of.
  static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Whole scenario files: those in `scenarios/`, and those in the documentation.
  private static let samples: [(name: String, text: String)] = {
    var samples: [(String, String)] = []
    for file in files(in: "scenarios") + files(in: "docker/curlew/scenarios") + files(in: "docker/curlew")
    where file.name.hasSuffix(".yaml") && file.text.contains("version: 1") {
      samples.append(file)
    }
    for (name, yaml) in blocks where yaml.contains("version: 1") && yaml.contains("checks:") {
      samples.append((name, yaml))
    }
    return samples
  }()

  /// Whole service files: that of the image, and those in the documentation.
  private static let serviceFiles =
    files(in: "docker/curlew").filter { $0.name == "curlew.yaml" }
    + blocks.filter { block in
      ["store: ", "agent:\n", "nodes:\n  - {"].contains(where: block.text.contains)
    }

  /// The files of a folder.
  private static func files(in folder: String) -> [(name: String, text: String)] {
    let folder = root.appendingPathComponent(folder)
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted().compactMap { name in
      (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)).map { (name, $0) }
    }
  }

  /// The YAML blocks of all pages, each with its page and place.
  private static let blocks: [(name: String, text: String)] = {
    let pages = files(in: ".").filter { $0.name == "README.md" } + files(in: "docs").filter { $0.name.hasSuffix(".md") }
    let probes = files(in: "probes").map { ("probes-\($0.name)", $0.text) }
    return (pages + probes).flatMap { page in
      blocks(of: page.1).enumerated().map { ("\(page.0)-\($0 + 1).yaml", $1) }
    }
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

  /// Blocks that say in their first line which file they are, so that another can include them.
  static let named: [(name: String, text: String)] = blocks.compactMap { block in
    block.text.firstMatch(of: #/^# ([a-z-]+\.yaml)\n/#).map { (String($0.output.1), block.text) }
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
    #expect(names.contains { $0.hasPrefix("probes-README.md") })
    #expect(names.contains("health.yaml") && names.contains("stack.yaml"))
    #expect(Self.serviceFiles.count >= 3)
  }

  @Test("have service files that load without a problem", arguments: serviceFiles)
  func serviceFile(name: String, text: String) async throws {
    let workspace = try Workspace(["curlew.yaml": text])
    // The service file is read before the file that is not there.
    let outcome = try await workspace.curlew("import", "none.ndjson", "--config", "curlew.yaml")
    #expect(outcome.stderr.hasPrefix("curlew: cannot read 'none.ndjson'"), "\(outcome.stderr)")
  }

  @Test("load without a problem", arguments: samples)
  func load(name: String, text: String) async throws {
    let workspace = try Workspace([name: text])
    for other in Self.named where text.contains("include: [\(other.name)]") {
      try workspace.write(other.text, to: other.name)
    }
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
