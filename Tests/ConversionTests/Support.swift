import Conversion
import Documents
import Foundation
import Model
import Scenarios
import Testing

/// A folder in which every file is there.
struct EveryFile: DocumentFiles {
  let scenario: String

  func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
    path == "scenario.yaml" || path == "/home/me/scenario.yaml" ? Array(scenario.utf8) : Array("content".utf8)
  }

  func kind(of path: String) throws(FileProblem) -> FileKind? { .file }

  func names(in directory: String) throws(FileProblem) -> [String] { [] }

  func realPath(_ path: String) -> String? {
    path == "." ? "/home/me" : path.hasPrefix("/") ? path : "/home/me/\(path)"
  }
}

/// A library in which every module is there, and connects to its target.
struct EveryModule: ModuleLibrary {
  var moduleNames: [String] { [] }

  func module(named name: String) -> (any ProbeModule)? { Module() }

  private struct Module: ProbeModule {
    var kind: ProbeKind { .icmp }
    func spec(for target: String) throws(ModuleFault) -> ProbeSpec { .icmp(ICMPSpec(target: target)) }
    func failure(of observation: Observation, to spec: ProbeSpec) -> ProbeFailure? { observation.failure }
  }
}

/// Loads a converted scenario as `curlew check` would, with every variable of the environment that it names set.
func load(_ text: String, sourceLocation: Testing.SourceLocation = #_sourceLocation) throws -> Scenario {
  var environment: [String: String] = [:]
  for line in text.split(separator: "\n") where line.hasPrefix("    env: ") {
    environment[String(line.dropFirst("    env: ".count))] = "s3cret-value"
  }
  for part in text.split(separator: "${env.").dropFirst() {
    environment[String(part.prefix { $0.isLetter || $0.isNumber || $0 == "_" })] = "value"
  }
  let loader = ScenarioLoader(
    environment: environment, capabilities: Capabilities(modules: EveryModule()), files: EveryFile(scenario: text))
  let result = loader.load(paths: ["scenario.yaml"])
  for diagnostic in result.diagnostics {
    Issue.record("\(diagnostic.rendered())", sourceLocation: sourceLocation)
  }
  return try #require(result.scenario, "\(text)", sourceLocation: sourceLocation)
}

/// The scenario of a text.
func convert(
  _ text: String, as format: ConversionFormat, options: ConversionOptions = ConversionOptions()
) throws -> Conversion {
  try Conversion(of: Array(text.utf8), as: format, options: options)
}

/// What is wrong with a text.
func failure(
  of bytes: [UInt8], as format: ConversionFormat, sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws -> ConversionFailure {
  do throws(ConversionFailure) {
    _ = try Conversion(of: bytes, as: format)
  } catch {
    return error
  }
  Issue.record("it was converted", sourceLocation: sourceLocation)
  throw WasConverted()
}

struct WasConverted: Error {}
