import ArgumentParser
import Conversion
import Documents
import Glibc
import Scenarios

/// `curlew convert`: scenarios from what people have already.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Makes a scenario from a HAR recording, curl command lines or a .hurl file.",
    usage: """
      curlew convert <file> [--from <format>] [--output <file>] [--force] [--all] [--id <id>] [--strict]
      curlew convert --from curl -- curl -X POST https://example.org/api …
      """,
    discussion: """
      What cannot be carried over is said on standard error, with the line of the input, and stands as a comment in the \
      scenario. Passwords and tokens are never written: they become secrets that read environment variables.
      """)

  @Argument(help: "The file; - is standard input.")
  var file: String?

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

  func validate() throws {
    switch (file, command.isEmpty) {
    case (nil, true): throw ValidationError("name a file, - for standard input, or a curl command after --")
    case (.some, false): throw ValidationError("give a file or a curl command after --, not both")
    case (nil, false) where from != nil && from != .curl:
      throw ValidationError("only a curl command can stand after --; a file is named before it")
    default: break
    }
    if force, output == nil { throw ValidationError("--force goes with --output") }
  }

  func run() throws {
    let name = file.map { $0 == "-" ? "<stdin>" : $0 } ?? "<arguments>"
    let conversion: Conversion
    do throws(ConversionFailure) {
      conversion = try command.isEmpty ? converted() : Conversion(curl: command, options: options(for: .curl))
    } catch {
      throw CommandFailure("\(name):\(error.line):\(error.column): \(error.message)")
    }
    for note in conversion.notes {
      Terminal.standardError.write("\(name):\(note.line): \(note.isLoss ? "warning" : "note"): \(note.message)\n")
    }
    if let output {
      try write(conversion.scenario, to: output)
    } else {
      Terminal.standardOutput.write(conversion.scenario)
    }
    if strict, conversion.notes.contains(where: \.isLoss) { throw ExitCode(ExitStatus.down) }
  }

  private func converted() throws(ConversionFailure) -> Conversion {
    let bytes = try read()
    guard let format = from ?? ConversionFormat(path: file == "-" ? nil : file, bytes: bytes) else {
      throw ConversionFailure(
        "cannot tell what this is: say --from with one of \(Self.formats)", line: 1, column: 1)
    }
    return try Conversion(of: bytes, as: format, options: options(for: format))
  }

  private func read() throws(ConversionFailure) -> [UInt8] {
    do {
      // One byte more than may be, so that too much is noticed.
      if file == "-" { return try StandardInput.read(atMost: Conversion.inputLimit + 1) }
      return try DiskFiles().read(file ?? "", limit: Conversion.inputLimit)
    } catch let problem as FileProblem {
      throw ConversionFailure("cannot read it: \(problem)", line: 1, column: 1)
    } catch {
      throw ConversionFailure("\((error as? CommandFailure)?.message ?? "\(error)")", line: 1, column: 1)
    }
  }

  /// A recording or a journey is called as its file, a curl command as its target.
  private func options(for format: ConversionFormat) -> ConversionOptions {
    let stem = file.flatMap { $0 == "-" ? nil : $0.split(separator: "/").last }
      .flatMap { $0.split(separator: ".").first }.map(String.init)
    return ConversionOptions(includesAssets: includesAssets, name: id ?? (format == .curl ? nil : stem))
  }

  private func write(_ text: String, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0o644)
    guard descriptor >= 0 else {
      if errno == EEXIST { throw CommandFailure("'\(path)' is there already: --force overwrites it") }
      throw CommandFailure("cannot write '\(path)': \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw CommandFailure("cannot write '\(path)': \(String(cString: strerror(errno)))") }
      bytes = bytes.dropFirst(count)
    }
  }
}

extension ConversionFormat: ExpressibleByArgument {}
