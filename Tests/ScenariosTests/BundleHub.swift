import Documents
import Fleet
import Model
import Scenarios
import Testing

/// A hub's load, and what it makes of it for its nodes.
struct BundleHub {
  let scenario: Scenario
  let bundle: ScenarioBundle
  let supply: ScenarioSupply

  init(
    _ files: any DocumentFiles, paths: [String] = ["shop.yaml"], environment: [String: String] = [:],
    overrides: Overrides = Overrides(), standardInput: String? = nil, capabilities: Capabilities = Capabilities(),
    modules: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let recording = RecordingFiles(files)
    let input = standardInput.map { Array($0.utf8) }
    let loader = ScenarioLoader(
      environment: environment, capabilities: capabilities, files: recording, findsNeeds: true)
    let result = loader.load(paths: paths, overrides: overrides, standardInput: input)
    for diagnostic in result.diagnostics { Issue.record("\(diagnostic.rendered())", sourceLocation: sourceLocation) }
    scenario = try #require(result.scenario, sourceLocation: sourceLocation)
    bundle = try ScenarioBundle(
      of: scenario, from: recording, overrides: overrides, standardInput: input, modules: modules)
    supply = try ScenarioSupply(of: scenario, from: recording, environment: environment, modules: modules)
  }

  /// What a node has that runs these checks; all without.
  func node(
    _ checks: [String]? = nil, capabilities: Capabilities = Capabilities(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Scenario {
    let ids = checks?.compactMap(CheckID.init) ?? scenario.checks.map(\.check.id)
    let result = bundle.load(supplied: supply.values(for: ids), capabilities: capabilities)
    for diagnostic in result.diagnostics { Issue.record("\(diagnostic.rendered())", sourceLocation: sourceLocation) }
    return try #require(result.scenario, sourceLocation: sourceLocation)
  }
}
