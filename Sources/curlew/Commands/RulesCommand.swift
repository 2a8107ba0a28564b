import ArgumentParser
import Glibc
import Model
import Scenarios
import ServiceLevels

/// `curlew rules`: what Prometheus shall say of the promises.
struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Writes Prometheus rules for the objectives of checks and services.",
    discussion: """
      Burn rates over pairs of windows, latency, absence, coverage, certificates and budgets, as recording and alerting \
      rules (docs/rules.md). They go to standard output, or where --output says; with --tests unit tests for \
      `promtool test rules` stand beside them.
      """)

  @OptionGroup var scenario: ScenarioOptions

  @Option(help: ArgumentHelp("The service file, for the files it names.", valueName: "curlew.yaml"))
  var config: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A file that ends in .yml or .yaml, or a directory, which gets curlew.rules.yml.", valueName: "dir-or-file"))
  var output: String?

  @Flag(help: "Writes unit tests for promtool beside the rules.")
  var tests = false

  func validate() throws {
    if tests, output == nil {
      throw ValidationError("--tests goes with --output: the tests name the file that the rules are in")
    }
  }

  func run() throws {
    let settings = try ServiceFileOptions.settings(of: config)
    let files = scenario.files.isEmpty ? settings.files : scenario.files
    guard !files.isEmpty else { throw CommandFailure("name scenario files, or a service file that does with --config") }
    let loaded = try scenario.load(files: files)
    let rules = RuleFile(checks: loaded.checks.map(\.check) + loaded.services.map(\.check))
    guard let output else {
      Terminal.standardOutput.write(rules.text)
      return
    }
    let path = Self.isFile(output) ? output : "\(output)/curlew.rules.yml"
    if !Self.isFile(output), mkdir(output, 0o755) != 0, errno != EEXIST {
      throw CommandFailure("cannot make the directory '\(output)': \(String(cString: strerror(errno)))")
    }
    try OutputFile.replace(path, with: rules.text)
    guard tests else { return }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    try OutputFile.replace(Self.testPath(of: path), with: RuleTests(of: rules, named: name).text)
  }

  private static func isFile(_ path: String) -> Bool { path.hasSuffix(".yml") || path.hasSuffix(".yaml") }

  /// `a.rules.yml` is tested by `a.rules.test.yml`.
  private static func testPath(of path: String) -> String {
    let dot = path.lastIndex(of: ".") ?? path.endIndex
    return "\(path[..<dot]).test\(path[dot...])"
  }
}
