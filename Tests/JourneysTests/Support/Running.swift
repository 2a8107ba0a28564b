import Documents
import Journeys
import Model
import Scenarios
import TestSupport
import Testing

/// Loads one check, written after `- id: front-page`, from a file that must be without fault.
func loadCheck(
  _ check: String, variables: String = "{}", secrets: String = "{}", environment: [String: String] = [:],
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws -> (check: ScenarioCheck, redactor: Redactor) {
  let text = "version: 1\nvariables: \(variables)\nsecrets: \(secrets)\nchecks:\n  - id: front-page\n    \(check)\n"
  let result = ScenarioLoader(environment: environment).load(paths: ["-"], standardInput: Array(text.utf8))
  for diagnostic in result.diagnostics { Issue.record("\(diagnostic.rendered())", sourceLocation: sourceLocation) }
  let scenario = try #require(result.scenario, sourceLocation: sourceLocation)
  return (try #require(scenario.checks.first, sourceLocation: sourceLocation), scenario.redactor)
}

/// Runs one check once against a script, by a clock that stands unless the script turns it.
func runOnce(
  _ check: String, variables: String = "{}", secrets: String = "{}", environment: [String: String] = [:],
  _ prober: ScriptedProber, time: ManualTime = ManualTime(), budget: Duration? = nil,
  detail: JourneyRunner.Detail = .everything, tokens: [Secret] = [],
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) async throws -> Run {
  let (loaded, redactor) = try loadCheck(
    check, variables: variables, secrets: secrets, environment: environment, sourceLocation: sourceLocation)
  let masks = Masks(redactor)
  for token in tokens { masks.add(token) }
  let runner = JourneyRunner(
    prober: prober, time: time, masks: masks, region: "eu", node: "node-1", detail: detail)
  return await runner.run(loaded, slot: loaded.check.grid.slot(at: time.now), budget: budget)
}

extension Run {
  /// The only step of a plain check.
  func step(sourceLocation: Testing.SourceLocation = #_sourceLocation) throws -> StepResult {
    try #require(steps.count == 1 ? steps.first : nil, sourceLocation: sourceLocation)
  }
}

/// A chain of one certificate that is not trusted.
let untrusted = TLSFacts(
  version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", isVerified: false, verifyError: "self-signed certificate",
  chain: [
    Certificate(
      subject: "CN=shop.example", issuer: "CN=shop.example", serial: "01", names: ["shop.example"],
      notBefore: Timestamp(secondsSinceEpoch: 1_767_000_000), notAfter: Timestamp(secondsSinceEpoch: 1_770_000_000),
      fingerprintSHA256: String(repeating: "ab", count: 32), key: "EC P-256", signature: "ECDSA-SHA256")
  ])
