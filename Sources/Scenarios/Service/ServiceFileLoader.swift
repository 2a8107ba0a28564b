package import Documents

/// Reads a service file: everything wrong in it is told in one pass.
package struct ServiceFileLoader: Sendable {
  private let files: any DocumentFiles

  /// A loader over the disk, unless told otherwise.
  package init(files: any DocumentFiles = DiskFiles()) {
    self.files = files
  }

  /// Reads one file.
  ///
  /// - Returns: the file, or nil with all that is wrong.
  package func load(_ path: String) -> (file: ServiceFile?, diagnostics: [Diagnostic]) {
    let sink = DiagnosticSink()
    let file = read(path, sink)
    // The line that is quoted may be that of the store, whatever is wrong in it.
    return (sink.hasErrors ? nil : file, sink.finished().map { $0.maskingCredentials() })
  }

  private func read(_ path: String, _ sink: DiagnosticSink) -> ServiceFile? {
    let bytes: [UInt8]
    do {
      bytes = try files.read(path, limit: ScenarioLoader.fileLimit)
    } catch {
      sink.report(Diagnostic("cannot read the service file '\(path)': \(error)"))
      return nil
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      sink.report(Diagnostic("the service file '\(path)' is not UTF-8"))
      return nil
    }
    let source = SourceText(path: path, folder: Path.folder(of: path), bytes: bytes)
    switch YAMLComposer.compose(source, sink: sink) {
    case .broken: return nil
    case .empty: return ServiceFile()
    case .node(let root):
      let surroundings = Surroundings(files: files)
      let reader = Reader(phase: .load, sink: sink, folder: source.folder, surroundings: surroundings)
      return Section(root, ServiceKeys.table, reader).map { Self.file($0, folder: source.folder) }
    }
  }

  private static func file(_ section: Section, folder: String) -> ServiceFile {
    var file = ServiceFile()
    if let listen = section(ServiceKeys.listen) { file.listen = listen }
    if let store = section(ServiceKeys.store) { file.store = store }
    if let region = section(ServiceKeys.region) { file.region = region }
    // As in scenario files, a relative path starts from the file that names it.
    if let files = section(ServiceKeys.files) { file.files = files.map { Path.join(folder, $0) } }
    if let retention = section(ServiceKeys.retention) { file.retention = retention }
    if let limits = section(ServiceKeys.concurrency) {
      file.globalConcurrency = limits.global
      file.hostConcurrency = limits.perHost
    }
    if let servers = section(ServiceKeys.resolver) { file.nameServers = servers }
    if let allowsExec = section(ServiceKeys.allowExec) { file.allowsExec = allowsExec }
    if let web = section(ServiceKeys.web) { file.web = Path.join(folder, web) }
    if let modules = section(ServiceKeys.modules) { file.modules = Path.join(folder, modules) }
    if let log = section(ServiceKeys.log) {
      file.logsJSON = log.isJSON
      file.logLevel = log.level
    }
    file.pages = section(ServiceKeys.pages) ?? []
    file.tokens = section(ServiceKeys.tokens) ?? []
    file.nodes = section(ServiceKeys.nodes) ?? []
    file.agent = section(ServiceKeys.agent) ?? AgentSettingsFile()
    file.hub = section(ServiceKeys.hub) ?? HubSettingsFile()
    file.exclusionCap = section(ServiceKeys.exclusions)
    file.monthClosing = section(ServiceKeys.closeMonths)
    return file
  }
}
