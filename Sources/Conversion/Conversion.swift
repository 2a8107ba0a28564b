/// A scenario made from another format.
package struct Conversion: Sendable {
  /// The scenario file's text.
  package let scenario: String
  /// What could not be carried over, and what has to be set before the scenario runs; in the input's order.
  package let notes: [ConversionNote]

  /// A service file for the same: status pages. Nil where the input says nothing of it.
  package let serviceFile: String?

  /// The largest input that is read, in bytes.
  package static let inputLimit = 64 << 20

  /// The longest scenario that is written, in bytes: what a scenario file may be.
  package static let outputLimit = 16 << 20

  /// Makes a scenario.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - format: what it holds.
  ///   - options: what the user wants of it.
  /// - Throws: what is wrong in the input, with its place. Nothing that merely cannot be carried over is thrown: that is a
  ///   note.
  package init(
    of bytes: [UInt8], as format: ConversionFormat, options: ConversionOptions = ConversionOptions()
  ) throws(ConversionFailure) {
    let source = try SourceText(bytes)
    var draft = ScenarioDraft()
    switch format {
    case .har: try HARConverter(source, options: options).convert(into: &draft)
    case .curl: try CurlConverter(options: options).convert(source, into: &draft)
    case .hurl: try HurlConverter(source, options: options).convert(into: &draft)
    case .prometheus: try PrometheusConverter(bytes, options: options).convert(into: &draft)
    case .gatus: try GatusConverter([("gatus.yaml", bytes)]).convert(into: &draft)
    case .kuma: try KumaConverter(source).convert(into: &draft)
    }
    try self.init(draft)
  }

  /// Makes a scenario of a folder of files, which Gatus joins: maps are merged, lists are appended.
  ///
  /// - Parameter files: in the order of their paths.
  /// - Throws: what is wrong in one of them; the message names the file.
  package init(gatus files: [(path: String, bytes: [UInt8])]) throws(ConversionFailure) {
    var draft = ScenarioDraft()
    for file in files {
      do throws(ConversionFailure) { _ = try SourceText(file.bytes) } catch {
        throw ConversionFailure("\(file.path): \(error.message)", line: error.line, column: error.column)
      }
    }
    try GatusConverter(files).convert(into: &draft)
    try self.init(draft)
  }

  /// Makes a scenario from the arguments of one curl command, after the shell has read them.
  ///
  /// - Parameter arguments: with `curl` as the first, or without it.
  /// - Throws: what is wrong with them; places are of the arguments joined by blanks.
  package init(
    curl arguments: [String], options: ConversionOptions = ConversionOptions()
  ) throws(ConversionFailure) {
    var draft = ScenarioDraft()
    try CurlConverter(options: options).convert(arguments, into: &draft)
    try self.init(draft)
  }

  private init(_ draft: ScenarioDraft) throws(ConversionFailure) {
    scenario = draft.text()
    notes = draft.notes
    serviceFile = draft.serviceText()
    guard scenario.utf8.count <= Self.outputLimit else {
      throw ConversionFailure(
        "the scenario would have \(scenario.utf8.count) bytes, and a scenario file has at most \(Self.outputLimit): "
          + "convert fewer requests", line: 1, column: 1)
    }
  }
}

/// What the user wants of a conversion.
package struct ConversionOptions: Sendable {
  /// Whether images, styles, scripts, fonts and media of a recording become steps too.
  package var includesAssets: Bool
  /// What the check is called, made into an id; nil to name it after the target.
  package var name: String?
  /// The modules of blackbox_exporter that there are; nil where they are not known.
  package var modules: Set<String>?
  /// The files that a pattern of `file_sd_configs` finds.
  package var files: @Sendable (String) -> [(path: String, bytes: [UInt8])]

  package init(
    includesAssets: Bool = false, name: String? = nil, modules: Set<String>? = nil,
    files: @escaping @Sendable (String) -> [(path: String, bytes: [UInt8])] = { _ in [] }
  ) {
    self.includesAssets = includesAssets
    self.name = name
    self.modules = modules
    self.files = files
  }
}

/// Something that the user should know of a conversion.
package struct ConversionNote: Sendable, Hashable {
  /// The line of the input, counted from 1.
  package let line: Int
  /// What was not carried over and what to do instead, in one sentence without line ends.
  package let message: String
  /// Whether something was not carried over; else something is left to do, such as to set a secret's variable.
  package let isLoss: Bool

  package init(line: Int, message: String, isLoss: Bool) {
    self.line = line
    self.message = message
    self.isLoss = isLoss
  }
}

/// Why an input cannot be converted, and where.
package struct ConversionFailure: Error, Sendable, Hashable {
  /// What is wrong and what to do.
  package let message: String
  /// Counted from 1.
  package let line: Int
  /// Counted from 1, in Unicode scalars.
  package let column: Int

  package init(_ message: String, line: Int, column: Int) {
    self.message = message
    self.line = line
    self.column = column
  }
}
