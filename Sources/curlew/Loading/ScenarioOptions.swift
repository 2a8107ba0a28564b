import ArgumentParser
import Documents
import Foundation
import Model
import Scenarios
import Transport

/// The files of a command, and what the command line says over them.
struct ScenarioOptions: ParsableArguments {
  @Argument(help: "Scenario files or directories; - is standard input.")
  var files: [String] = []

  @Option(name: .customLong("var"), help: ArgumentHelp("Sets a variable; the value is read as YAML.", valueName: "k=v"))
  var variables: [String] = []

  @Option(help: ArgumentHelp("A YAML file of variables.", valueName: "file"))
  var varsFile: [String] = []

  @Option(help: ArgumentHelp("Sets a variable to a URL, such as another environment's.", valueName: "name=url"))
  var base: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file of blackbox_exporter's modules, for module probes; some are built in.", valueName: "blackbox.yml"))
  var modules: String?

  /// Loads the files, and writes all diagnostics.
  ///
  /// - Throws: `CommandFailure` when there is anything wrong in them, or no check.
  func load(files: [String]) throws -> Scenario {
    let result = Self.load(
      files, modules: modules, overrides: overrides,
      standardInput: files.contains("-") ? try Self.standardInput() : nil)
    return try Self.checked(result, files: files)
  }

  /// Loads files on the process's own environment, with what the installed libraries can do.
  ///
  /// - Parameters:
  ///   - modules: the file of modules that scenarios can name; nil for those that are built in.
  ///   - documents: where the files are.
  ///   - findsNeeds: whether to find out what each check reads of environment and secrets, for nodes.
  static func load(
    _ files: [String], modules: String? = nil, overrides: Overrides = Overrides(), standardInput: [UInt8]? = nil,
    from documents: any DocumentFiles = DiskFiles(), findsNeeds: Bool = false
  ) -> LoadResult {
    let library: any ModuleLibrary
    do throws(ModuleFileProblems) {
      library = try ModuleFileReader.library(at: modules, in: documents)
    } catch {
      return LoadResult(scenario: nil, diagnostics: error.diagnostics)
    }
    let capabilities = Capabilities(http3: CurlLibrary.supportsHTTP3, modules: library)
    return ScenarioLoader(
      environment: ProcessInfo.processInfo.environment, capabilities: capabilities, files: documents,
      findsNeeds: findsNeeds
    ).load(paths: files, overrides: overrides, standardInput: standardInput)
  }

  /// What the command line sets over the files.
  var overrides: Overrides { Overrides(variables: variables, variableFiles: varsFile, bases: base) }

  /// The scenario of a load without errors; warnings are written.
  static func checked(_ result: LoadResult, files: [String]) throws -> Scenario {
    if !result.diagnostics.isEmpty {
      Terminal.standardError.write(result.diagnostics.map { $0.rendered() }.joined(separator: "\n\n") + "\n")
    }
    guard let scenario = result.scenario else {
      let count = result.diagnostics.count { $0.severity == .error }
      throw CommandFailure("\(HumanText.count(count, "problem")) in the scenario files; nothing was sent")
    }
    guard !scenario.checks.isEmpty else {
      throw CommandFailure("no checks in \(files.map { "'\($0)'" }.joined(separator: ", "))")
    }
    return scenario
  }

  /// All of standard input; one byte more than a file may have, where there is more, so that the loader refuses it.
  static func standardInput() throws -> [UInt8] {
    try StandardInput.read(atMost: ScenarioLoader.fileLimit + 1)
  }
}

/// Which checks of the files are meant.
struct SelectionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only checks whose id matches; * and ? stand for anything.", valueName: "id-or-glob"))
  var only: [String] = []

  @Option(help: ArgumentHelp("Only checks that carry the label.", valueName: "k=v"))
  var label: [String] = []

  func validate() throws {
    for label in label where !label.contains("=") {
      throw ValidationError("--label '\(label)' is no k=v; write for example --label tier=1")
    }
  }

  /// The checks that are meant: all labels must hold, and any of the ids.
  func select(_ checks: [ScenarioCheck]) throws -> [ScenarioCheck] {
    let selected = checks.filter { check in
      let hasLabels = label.allSatisfy { text in
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return check.check.labels[String(parts[0])] == String(parts[1])
      }
      let isNamed = only.isEmpty || only.contains { Glob($0).matches(check.check.id.text) }
      return hasLabels && isNamed
    }
    guard selected.isEmpty else { return selected }
    let asked = only.map { "--only '\($0)'" } + label.map { "--label '\($0)'" }
    let known = checks.prefix(10).map(\.check.id.text).joined(separator: ", ")
    throw CommandFailure(
      "no check matches \(asked.joined(separator: " ")); there are \(known)\(checks.count > 10 ? ", …" : "")")
  }
}

/// A pattern in which `*` stands for any text and `?` for one character.
struct Glob {
  private let pattern: [Character]

  init(_ pattern: String) {
    self.pattern = Array(pattern)
  }

  /// Linear in text times pattern: after a star only the last one is ever retried.
  func matches(_ text: String) -> Bool {
    let text = Array(text)
    var place = 0
    var index = 0
    var retry: (place: Int, index: Int)?
    while index < text.count {
      if place < pattern.count, pattern[place] == "*" {
        retry = (place, index)
        place += 1
      } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[index] {
        place += 1
        index += 1
      } else if let star = retry {
        place = star.place + 1
        index = star.index + 1
        retry = (star.place, star.index + 1)
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == "*" }
  }
}
