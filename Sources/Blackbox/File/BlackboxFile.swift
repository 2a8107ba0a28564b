package import Documents
package import Model

/// A configuration file that was read: its modules by name.
package struct BlackboxFile: Sendable {
  package var modules: [String: BlackboxModule]
  /// Everything written in it that must not be seen, for `Masks`.
  package var secrets: [Secret]

  /// A file with these modules.
  package init(modules: [String: BlackboxModule] = [:], secrets: [Secret] = []) {
    self.modules = modules
    self.secrets = secrets
  }
}

/// What came of reading a configuration file: its modules, or all that is wrong with it.
package struct BlackboxReading: Sendable {
  /// Nil when any diagnostic is an error.
  package let file: BlackboxFile?
  /// Errors and warnings, from top to bottom, with secrets masked.
  package let diagnostics: [Diagnostic]

  /// Every error on a line of its own after upstream's words for such a file, for logs and answers; nil without an error.
  package var errorText: String? {
    let lines = diagnostics.filter { $0.severity == .error }.map { diagnostic in
      let place = diagnostic.excerpt.map { "line \($0.location.line), column \($0.location.column): " } ?? ""
      let hint = diagnostic.suggestion.map { "; did you mean '\($0)'?" } ?? ""
      return place + diagnostic.message + hint
    }
    guard let first = lines.first else { return nil }
    let wrapper = "error parsing config file: "
    return lines.count == 1 ? wrapper + first : wrapper + lines.map { "\n  " + $0 }.joined()
  }
}

extension BlackboxFile {
  /// The largest file that is read.
  package static let sizeLimit = 16 << 20

  /// Reads a configuration file of blackbox_exporter: YAML as go-yaml v3 takes it, the first document alone.
  ///
  /// - Parameters:
  ///   - path: how messages call the file.
  ///   - capabilities: what may be asked for; a module that asks for more is an error.
  package static func read(_ bytes: [UInt8], path: String, capabilities: Capabilities) -> BlackboxReading {
    let sink = DiagnosticSink()
    let source = SourceText(path: path, folder: ".", bytes: bytes)
    var file = BlackboxFile()
    switch YAMLComposer.compose(source, .go, sink: sink) {
    case .broken: break
    case .empty:
      sink.report(Diagnostic("EOF: '\(path)' is empty", notes: [.init("it begins with the key 'modules'")]))
    case .node(let root):
      file.secrets = FileSecrets.secrets(in: root)
      let reader = Reader(
        phase: .load, sink: sink, folder: ".",
        surroundings: Surroundings(files: DiskFiles(), capabilities: capabilities))
      if !root.isNothing, let section = Section(root, FileKeys.table, reader) {
        for (name, module) in section.given(FileKeys.modules) ?? [] { file.modules[name] = module }
      }
    }
    let redactor = Redactor(file.secrets)
    return BlackboxReading(
      file: sink.hasErrors ? nil : file, diagnostics: sink.finished().map { $0.masked(by: redactor) })
  }
}
