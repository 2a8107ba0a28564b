import ArgumentParser
import Conversion
import Documents
import Glibc
import History
import Scenarios

/// `curlew convert`: scenarios from what people have already.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Makes a scenario of what you have: HAR, curl, .hurl, Prometheus's jobs, Gatus, Uptime Kuma.",
    usage: """
      curlew convert <file> [--from <format>] [--output <file>] [--force] [--all] [--id <id>] [--strict]
      curlew convert blackbox.yml prometheus.yml [--output <file>]
      curlew convert gatus.yaml | config-dir | kuma-backup.json | kuma.db [--service-file <file>]
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

  @Option(help: ArgumentHelp("Writes there what becomes of status pages: a service file.", valueName: "file"))
  var serviceFile: String?

  @Flag(help: "Overwrites the files of --output and --service-file.")
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
    if force, output == nil, serviceFile == nil {
      throw ValidationError("--force goes with --output or --service-file")
    }
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
    if let serviceFile {
      guard let text = conversion.serviceFile else {
        throw CommandFailure("\(name) says nothing of a status page, so there is no service file to write")
      }
      try write(text, to: serviceFile)
    }
    if let output {
      try write(conversion.scenario, to: output)
    } else {
      Terminal.standardOutput.write(conversion.scenario)
    }
    if strict, conversion.notes.contains(where: \.isLoss) { throw ExitCode(ExitStatus.down) }
  }

  private func write(_ text: String, to path: String) throws {
    try force ? OutputFile.replace(path, with: text) : OutputFile.create(path, with: text)
  }

  private func converted(_ file: String) throws(ConversionFailure) -> Conversion {
    if file != "-", case .directory? = try? DiskFiles().kind(of: file) {
      guard from == nil || from == .gatus else {
        throw ConversionFailure("it is a directory, and only Gatus keeps its configuration in one", line: 1, column: 1)
      }
      let files = try folder(file)
      guard !files.isEmpty else { throw ConversionFailure("there is no .yaml or .yml file in it", line: 1, column: 1) }
      return try Conversion(gatus: files)
    }
<<<<<<< HEAD
    let bytes: [UInt8]
    if let backup = try database(file) { bytes = backup } else { bytes = try read(file) }
=======
    let bytes = if let database = try database(file) { database } else { try read(file) }
>>>>>>> 94f46d5d780de036e0f68fc218cf98da3d5a4907
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

  /// What stands in the database of Uptime Kuma, as its backup would say it; nil for a file that is no database.
  private func database(_ file: String) throws(ConversionFailure) -> [UInt8]? {
    guard file != "-", KumaDatabase.isDatabase(file) else { return nil }
    do {
      return try KumaDatabase(path: file).backup()
    } catch {
      throw ConversionFailure("\(error)", line: 1, column: 1)
    }
  }

  /// The files of a folder and of those in it, in order of their paths.
  private func folder(_ path: String) throws(ConversionFailure) -> [(path: String, bytes: [UInt8])] {
    let names: [String]
    do throws(FileProblem) { names = try DiskFiles().names(in: path).sorted() } catch {
      throw ConversionFailure("cannot read '\(path)': \(error)", line: 1, column: 1)
    }
    var files: [(path: String, bytes: [UInt8])] = []
    for name in names {
      let inner = "\(path)/\(name)"
      if case .directory? = try? DiskFiles().kind(of: inner) {
        files += try folder(inner)
      } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
        files.append((inner, try read(inner)))
      }
    }
    return files
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
