import Documents
import Foundation
import Model
package import Scenarios
import Synchronization
import Transport

/// What a replica read of scenario files, ready to travel to nodes.
package struct HubReading: Sendable {
  package var bundle: ScenarioBundle
  var scenario: Scenario
  var supply: ScenarioSupply

  /// Reads what the store holds, with this replica's own environment and secrets.
  ///
  /// - Throws: `CommandFailure` in the words of what is wrong.
  package static func following(_ content: [UInt8]) throws -> HubReading {
    do {
      let bundle = try ScenarioBundle(content)
      let files = bundle.files(secretsFrom: DiskFiles())
      let environment = ProcessInfo.processInfo.environment
      let library = try ModuleFileReader.library(at: bundle.modules, in: files)
      let result = bundle.load(
        environment: environment, capabilities: Capabilities(http3: CurlLibrary.supportsHTTP3, modules: library),
        files: files)
      guard let scenario = result.scenario else {
        throw CommandFailure(result.diagnostics.map { $0.rendered() }.joined(separator: "\n\n"))
      }
      let supply = try ScenarioSupply(of: scenario, from: files, environment: environment, modules: bundle.modules)
      return HubReading(bundle: bundle, scenario: scenario, supply: supply)
    } catch let problems as ModuleFileProblems {
      throw CommandFailure(problems.diagnostics.map { $0.rendered() }.joined(separator: "\n\n"))
    } catch let fault as BundleFault {
      throw CommandFailure("\(fault)")
    }
  }
}

/// Reads the files of a replica, and keeps what is to travel of them beside the scenario that they say.
package final class HubFiles: Sendable {
  private let paths: [String]
  private let modules: String?
  private let overrides: Overrides
  private let standardInput: [UInt8]?
  private let last = Mutex<HubReading?>(nil)

  /// Nothing is read yet.
  package init(
    _ paths: [String], modules: String? = nil, overrides: Overrides = Overrides(), standardInput: [UInt8]? = nil
  ) {
    self.paths = paths
    self.modules = modules
    self.overrides = overrides
    self.standardInput = standardInput
  }

  /// What the files said last; nil before they were read without a fault.
  package var reading: HubReading? { last.withLock { $0 } }

  /// Reads all files. What cannot travel to nodes is wrong.
  package func read() -> Reading {
    Reading.take { files in
      let recording = RecordingFiles(files)
      let result = ScenarioOptions.load(
        paths, modules: modules, overrides: overrides, standardInput: standardInput, from: recording, findsNeeds: true)
      guard let scenario = result.scenario else { return result }
      do throws(BundleFault) {
        let bundle = try ScenarioBundle(
          of: scenario, from: recording, overrides: overrides, standardInput: standardInput, modules: modules)
        let supply = try ScenarioSupply(
          of: scenario, from: recording, environment: ProcessInfo.processInfo.environment, modules: modules)
        last.withLock { $0 = HubReading(bundle: bundle, scenario: scenario, supply: supply) }
        return result
      } catch {
        return LoadResult(scenario: nil, diagnostics: result.diagnostics + [Diagnostic("\(error)")])
      }
    }
  }
}
