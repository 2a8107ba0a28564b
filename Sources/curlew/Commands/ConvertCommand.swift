import ArgumentParser
import Conversion
import Documents
import Glibc
import Scenarios

/// `curlew convert`: scenarios from what people have already.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Makes a scenario from a HAR recording, curl command lines, a .hurl file or Prometheus's jobs.",
    usage: """
      curlew convert <file> [--from <format>] [--output <file>] [--force] [--all] [--id <id>] [--strict]
      curlew convert blackbox.yml prometheus.yml [--output <file>]
      curlew convert --from curl -- curl -X POST https://example.org/api …
      """,
    discussion: """
      What cannot be carried over is said on standard error, with the line of the input, and stands as a comment in the \
      scenario. Passwords and tokens are never written: they become secrets that read environment variables.
      """)

  @Argument(help: ArgumentHelp("The file; - is standard input.", valueName: "file"))
  var first: String?

  @Argument(
    help: ArgumentHelp(
      "Of a file of blackbox modules and the configuration of Prometheus, the other one.", valueName: "other-file"))
  var second: String?

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("A curl command, as the shell gives it.", valueName: "command"))
  var command: [String] = []

  @Option(
    help: ArgumentHelp(
      "What the file holds: \(Self.formats). Without, its name and its content tell.", valueName: "format"))
  var from: ConversionFormat?

  @Option(name: .shortAndLong, help: "Writes the scenario there, not to standard output.")
  var output: String?

  @Flag(help: "Overwrites the file of --output.")
  var force = false

  @Flag(name: .customLong("all"), help: "Takes images, styles, scripts, fonts and media of a recording along.")
  var includesAssets = false

  @Option(help: "The check's id; without, it comes from the file's name or the target.")
  var id: String?

  @Flag(help: "Ends with exit code 1 when something was not carried over.")
  var strict = false

  private static let formats = ConversionFormat.allCases.map(\.rawValue).joined(separator: ", ")

  private var files: [String] { [first, second].compactMap(\.self) }

  /// What is converted: of two files that one which holds no modules.
  private var file: String? { files.last { modules(of: $0) == nil } ?? files.last }

  func validate() throws {
    switch (files.isEmpty, command.isEmpty) {
    case (true, true): throw ValidationError("name a file, - for standard input, or a curl command after --")
    case (false, false): throw ValidationError("give a file or a curl command after --, not both")
    case (true, false) where from != nil && from != .curl:
      throw ValidationError("only a curl command can stand after --; a file is named before it")
    default: break
    }
    if force, output == nil { throw ValidationError("--force goes with --output") }
  }

  func run() throws {
    let file = file
    let name = file.map { $0 == "-" ? "<stdin>" : $0 } ?? "<arguments>"
    let conversion: Conversion
    do throws(ConversionFailure) {
      if let file {
        conversion = try converted(file)
      } else {
        conversion = try Conversion(curl: command, options: options(for: .curl, file: nil))
      }
    } catch {
      throw CommandFailure("\(name):\(error.line):\(error.column): \(error.message)")
    }
    for note in conversion.notes {
      Terminal.standardError.write("\(name):\(note.line): \(note.isLoss ? "warning" : "note"): \(note.message)\n")
    }
    if let output {
      try force ? OutputFile.replace(output, with: conversion.scenario) : OutputFile.create(output, with: conversion.scenario)
    } else {
      Terminal.standardOutput.write(conversion.scenario)
    }
    if strict, conversion.notes.contains(where: \.isLoss) { throw ExitCode(ExitStatus.down) }
  }

  private func converted(_ file: String) throws(ConversionFailure) -> Conversion {
    let bytes = try read(file)
    guard Conversion.moduleNames(in: bytes) == nil else {
      throw ConversionFailure(
        "modules name no targets; give the configuration of Prometheus beside them, whose jobs do", line: 1, column: 1)
    }
    guard let format = from ?? ConversionFormat(path: file == "-" ? nil : file, bytes: bytes) else {
      throw ConversionFailure(
        "cannot tell what this is: say --from with one of \(Self.formats)", line: 1, column: 1)
    }
    guard files.count == 1 || format == .prometheus && options(for: format, file: file).modules != nil else {
      throw ConversionFailure(
        "of two files one must be a file of modules and the other the configuration of Prometheus", line: 1, column: 1)
    }
    return try Conversion(of: bytes, as: format, options: options(for: format, file: file))
  }

  private func read(_ file: String) throws(ConversionFailure) -> [UInt8] {
    do {
      // One byte more than may be, so that too much is noticed.
      if file == "-" { return try StandardInput.read(atMost: Conversion.inputLimit + 1) }
      return try DiskFiles().read(file, limit: Conversion.inputLimit)
    } catch let problem as FileProblem {
      throw ConversionFailure("cannot read it: \(problem)", line: 1, column: 1)
    } catch {
      throw ConversionFailure("\((error as? CommandFailure)?.message ?? "\(error)")", line: 1, column: 1)
    }
  }

  /// The names of the modules in a file; nil for one that holds none.
  private func modules(of file: String) -> Set<String>? {
    guard file != "-", let bytes = try? DiskFiles().read(file, limit: Conversion.inputLimit) else { return nil }
    return Conversion.moduleNames(in: bytes)
  }

  /// A recording or a journey is called as its file, a curl command as its target.
  private func options(for format: ConversionFormat, file: String?) -> ConversionOptions {
    let stem = file.flatMap { $0 == "-" ? nil : $0.split(separator: "/").last }
      .flatMap { $0.split(separator: ".").first }.map(String.init)
    let folder = file.flatMap { file in file.lastIndex(of: "/").map { String(file[...$0]) } } ?? ""
    return ConversionOptions(
      includesAssets: includesAssets, name: id ?? (format == .curl ? nil : stem),
      modules: files.count > 1 ? files.lazy.compactMap(modules).first : nil,
      files: { Self.files(matching: $0.hasPrefix("/") ? $0 : folder + $0) })
  }

  /// The files that a pattern of glob(7) finds, in order of their names.
  private static func files(matching pattern: String) -> [(path: String, bytes: [UInt8])] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { index in
      guard let path = found.gl_pathv[index].map({ String(cString: $0) }),
        let bytes = try? DiskFiles().read(path, limit: Conversion.inputLimit)
      else { return nil }
      return (path, bytes)
    }
  }
}

extension ConversionFormat: ExpressibleByArgument {}
