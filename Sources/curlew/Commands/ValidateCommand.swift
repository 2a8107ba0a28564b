import ArgumentParser
import Scenarios

/// `curlew validate`: are these files right?
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Checks scenario files and names every problem; sends nothing.")

  @OptionGroup var scenario: ScenarioOptions

  func validate() throws {
    if scenario.files.isEmpty {
      throw ValidationError("name at least one scenario file or directory, or - for standard input")
    }
  }

  func run() throws {
    let loaded = try scenario.load(files: scenario.files)
    let checks = loaded.checks.count
    let files = loaded.files.count
    Terminal.standardOutput.write(
      "\(checks) \(checks == 1 ? "check" : "checks") in \(files) \(files == 1 ? "file" : "files"): no problems\n")
  }
}
