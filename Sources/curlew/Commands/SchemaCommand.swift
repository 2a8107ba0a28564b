import ArgumentParser
import Scenarios

/// `curlew schema`: the format for editors.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Prints the JSON Schema of scenario files, for editors.")

  func run() {
    Terminal.standardOutput.write(SchemaWriter.schema())
  }
}
