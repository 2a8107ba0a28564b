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
    let checks = HumanText.count(loaded.checks.count, "check")
    Terminal.standardOutput.write("\(checks) in \(HumanText.count(loaded.files.count, "file")): no problems\n")
  }
}
