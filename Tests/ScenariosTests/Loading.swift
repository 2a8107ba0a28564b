import Documents
import Model
import Scenarios
import Testing

/// Loads texts as files of a file system in memory.
func load(
  _ files: [String: String], paths: [String] = ["shop.yaml"], environment: [String: String] = [:],
  overrides: Overrides = Overrides(), links: [String: String] = [:], standardInput: String? = nil,
  capabilities: Capabilities = Capabilities()
) -> LoadResult {
  ScenarioLoader(environment: environment, capabilities: capabilities, files: MemoryFiles(files, links: links))
    .load(paths: paths, overrides: overrides, standardInput: standardInput.map { Array($0.utf8) })
}

/// Loads one file that must be without fault.
func loadOne(
  _ text: String, files: [String: String] = [:], environment: [String: String] = [:],
  overrides: Overrides = Overrides(), sourceLocation: SourceLocation = #_sourceLocation
) throws -> Scenario {
  let files = files.merging(["shop.yaml": text]) { _, text in text }
  let result = load(files, environment: environment, overrides: overrides)
  for diagnostic in result.diagnostics {
    Issue.record("\(diagnostic.rendered())", sourceLocation: sourceLocation)
  }
  return try #require(result.scenario, sourceLocation: sourceLocation)
}

/// The one check of a file with this probe, written in flow or block style after `- id: a`.
func loadCheck(
  _ check: String, variables: String = "{}", secrets: String = "{}", files: [String: String] = [:],
  environment: [String: String] = [:], overrides: Overrides = Overrides(),
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> ScenarioCheck {
  let text = "version: 1\nvariables: \(variables)\nsecrets: \(secrets)\nchecks:\n  - id: a\n    \(check)\n"
  let scenario = try loadOne(
    text, files: files, environment: environment, overrides: overrides, sourceLocation: sourceLocation)
  return try #require(scenario.checks.first, sourceLocation: sourceLocation)
}

extension ScenarioCheck {
  /// The one step of a plain check.
  var onlyStep: Step {
    guard journey.steps.count == 1, case .probe(let step) = journey.steps[0].action else {
      preconditionFailure("\(check.id) is no plain check")
    }
    return step
  }

  /// The scope of a run at a fixed moment.
  func scope(at moment: Timestamp = Timestamp(secondsSinceEpoch: 1_700_000_000)) -> RunScope {
    RunScope(
      variables: variables,
      run: RunIdentity(id: "run-1", check: check.id.text, region: "eu", slot: 42, traceID: "4bf92f3577b34da6"),
      now: { moment })
  }

  /// What the prober of its only step is given.
  func spec() throws -> ProbeSpec { try onlyStep.probe.spec(in: scope()) }

  /// What the prober of its only step, an HTTP one, is given.
  func httpSpec(sourceLocation: Testing.SourceLocation = #_sourceLocation) throws -> HTTPSpec {
    guard case .http(let spec) = try spec() else {
      Issue.record("expected an http probe", sourceLocation: sourceLocation)
      throw Unexpected()
    }
    return spec
  }

  struct Unexpected: Error {}
}

/// Both Model and Testing have one.
typealias SourceLocation = Testing.SourceLocation
