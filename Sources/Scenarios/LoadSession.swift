import Documents
import Expressions
import Fleet
import Model

/// One pass over all files: what is read once and shared lives here.
struct LoadSession {
  /// Variables and secrets that a file sees, its own and those of what it includes.
  private struct Visible {
    var variables: [String: YAMLNode] = [:]
    var secrets: [String: Secret] = [:]
    var fragments: [String: Fragment] = [:]
    /// The same as they are written.
    var names = NameScope()
    /// Whether every file that is included could be read.
    var isComplete = true
  }

  private let environment: [String: String]
  private let environmentValue: MapValue
  private let surroundings: Surroundings
  private let standardInput: [UInt8]?
  private let supplied: SuppliedValues?
  /// Those that values were supplied for; nil where all are loaded.
  private let wanted: Set<String>?
  private let findsNeeds: Bool
  private let sink: DiagnosticSink
  private var overriding: [String: YAMLNode] = [:]
  private let registry: CheckRegistry
  /// Included files by resolved path; nil for one that could not be read.
  private var included: [String: Visible?] = [:]
  /// Every secret that was read.
  private(set) var secrets: Set<Secret> = []
  /// What files say of checks, to be held against all of them.
  private var services: [WrittenService] = []
  private var maintenance: [WrittenMaintenance] = []
  private let log = FileLog()
  /// Every check that was read.
  private var checks: [Check] = []
  /// What is to be searched for needs; nil for what is said of no check.
  private var written: [(check: CheckID?, nodes: [YAMLNode], names: NameScope)] = []
  /// What each check can read, as far as that was asked for; whole after `finish`.
  private(set) var needs = ScenarioNeeds()

  init(
    environment: [String: String], surroundings: Surroundings, standardInput: [UInt8]?, supplied: SuppliedValues?,
    findsNeeds: Bool, sink: DiagnosticSink
  ) {
    self.environment = environment
    environmentValue = MapValue(environment.mapValues(Value.string))
    self.surroundings = surroundings
    self.standardInput = standardInput
    self.supplied = supplied
    wanted = supplied.map { Set($0.checks) }
    self.findsNeeds = findsNeeds
    self.sink = sink
    registry = CheckRegistry(sink: sink)
  }

  private var files: any DocumentFiles { surroundings.files }

  /// Every file that was read, in order.
  var filesRead: [String] { log.paths }

  // MARK: Command line

  /// Reads what the command line says about variables: files first, then `--var`, then `--base`.
  mutating func read(_ overrides: Overrides) {
    for path in overrides.variableFiles { readVariables(path) }
    for text in overrides.variables {
      guard let (name, value) = assignment(text, flag: "--var", form: "NAME=VALUE") else { continue }
      let source = SourceText(path: "--var \(name)", folder: ".", bytes: Array(value.utf8))
      guard !value.utf8.allSatisfy({ $0 == 0x20 }) else {
        overriding[name] = Self.text("", in: source)
        continue
      }
      switch YAMLComposer.compose(source, sink: sink) {
      case .node(let node): overriding[name] = node
      case .empty: overriding[name] = Self.text("", in: source, isPlain: true)
      case .broken: continue
      }
    }
    for text in overrides.bases {
      guard let (name, value) = assignment(text, flag: "--base", form: "NAME=URL") else { continue }
      let source = SourceText(path: "--base \(name)", folder: ".", bytes: Array(value.utf8))
      let node = Self.text(value, in: source)
      do {
        _ = try URLText(value, schemes: [])
        overriding[name] = node
      } catch {
        sink.error(
          error.message, at: node,
          notes: [.init("--base sets a variable to a URL: --base shop=https://staging.example")])
      }
    }
  }

  private static func text(_ text: String, in source: SourceText, isPlain: Bool = false) -> YAMLNode {
    let span = SourceSpan(start: source.position(of: 0), end: source.position(of: source.bytes.count))
    return YAMLNode(.scalar(text, isPlain: isPlain), span: span, source: source)
  }

  private func assignment(_ text: String, flag: String, form: String) -> (name: String, value: String)? {
    let node = Self.text(text, in: SourceText(path: flag, folder: ".", bytes: Array(text.utf8)))
    guard let equals = text.firstIndex(of: "=") else {
      sink.error("\(flag) takes \(form), and '\(text.escaped)' has no '='", at: node)
      return nil
    }
    let name = String(text[..<equals])
    if let fault = Form<Fields<YAMLNode>>.nameFault(name) {
      sink.error(fault.message, at: node, notes: fault.notes.map { .init($0) })
      return nil
    }
    return (name, String(text[text.index(after: equals)...]))
  }

  private mutating func readVariables(_ path: String) {
    // A file that says nothing sets nothing.
    guard let source = read(path, named: path, at: nil),
      case .node(let root) = YAMLComposer.compose(source, sink: sink)
    else { return }
    let reader = Reader(phase: .load, sink: sink, folder: source.folder, surroundings: surroundings)
    for (name, value) in Form.variables.read(root, reader) ?? [] { overriding[name] = value }
  }

  // MARK: Files

  /// The checks of one named file.
  mutating func load(_ path: String) -> [ScenarioCheck] {
    let source: SourceText?
    if path == FileCollector.standardInput {
      source = standardInput.flatMap { accept($0, named: "<stdin>") }
      if standardInput == nil { sink.report(Diagnostic("there is no standard input to read '-' from")) }
    } else {
      source = read(path, named: path, at: nil)
    }
    guard let source, let file = ScenarioFile(source, surroundings: surroundings, sink: sink) else { return [] }
    // Of what all checks share, a node is told nothing: values that it does not need are missing.
    let visible = sink.muted(wanted != nil) { self.visible(from: file, chain: [files.realPath(path) ?? path]) }
    let scopes = sink.muted(wanted != nil) { self.scopes(of: visible) }
    // After the checks, so that of one id the check comes first.
    defer { sink.muted(wanted != nil) { loadServicesAndMaintenance(of: file, scopes, visible.names) } }
    guard let nodes = file.checks else { return [] }
    let journeys = JourneyDecoder(scopes: scopes, fragments: fragments([], visible, scopes, file), log: log)
    let decoder = CheckDecoder(
      scopes: scopes, defaults: file.defaults, journeys: journeys, folder: source.folder, surroundings: surroundings,
      registry: registry, sink: sink)
    var loaded: [ScenarioCheck] = []
    for node in nodes {
      guard let check = decode(node, decoder) else { continue }
      let id = check.check.id
      checks.append(check.check)
      if findsNeeds { written.append((id, [node] + (file.defaults.map { [$0] } ?? []), visible.names)) }
      if wanted?.contains(id.text) != false { loaded.append(check) }
    }
    return loaded
  }

  /// One that is not wanted is passed over, and one that has problems here is left out. Which one it is may only be known when
  /// it is read: then nobody is told of problems, which may be those of one that is not wanted.
  private func decode(_ node: YAMLNode, _ decoder: CheckDecoder) -> ScenarioCheck? {
    guard let wanted else { return decoder.decode(node) }
    let id = node.entry(named: CheckKeys.id.name)?.value.scalarText ?? ""
    guard !id.holdsTemplateMark else { return sink.muted { decoder.decode(node) } }
    guard wanted.contains(id) else { return nil }
    let problems = sink.count
    let check = decoder.decode(node)
    return sink.count == problems ? check : nil
  }

  private mutating func loadServicesAndMaintenance(
    of file: ScenarioFile, _ scopes: FileScopes, _ names: NameScope
  ) {
    guard !file.services.isEmpty || !file.maintenance.isEmpty else { return }
    let reader = Reader(phase: .load, sink: sink, folder: file.source.folder, surroundings: surroundings)
    let compiler = scopes.compiler(of: nil, reader)
    let services = ServiceDefinitionDecoder(compiler: compiler, registry: registry, reader: reader)
    self.services += file.services.compactMap(services.decode)
    let maintenance = MaintenanceDecoder(compiler: compiler, reader: reader)
    self.maintenance += file.maintenance.compactMap(maintenance.decode)
    if findsNeeds { written.append((nil, file.services + file.maintenance, names)) }
  }

  private func scopes(of visible: Visible) -> FileScopes {
    let fixed = FixedValues(
      environment: environment, environmentValue: environmentValue, secrets: visible.secrets,
      isPartial: supplied != nil, isForNodes: findsNeeds)
    return FileScopes(variables: visible.variables, overriding: overriding, fixed: fixed, sink: sink)
  }

  /// - Parameter own: the fragments to compile, beside those that are visible.
  private func fragments(
    _ own: [YAMLNode.Entry], _ visible: Visible, _ scopes: FileScopes, _ file: ScenarioFile
  ) -> FragmentDecoder {
    FragmentDecoder(
      own, included: visible.fragments, isComplete: visible.isComplete, scopes: scopes, folder: file.source.folder,
      surroundings: surroundings, sink: sink)
  }

  /// Called when all files are loaded: what is said of checks is held against them.
  mutating func finish() -> (services: [ServiceDefinition], maintenance: [MaintenanceWindow]) {
    if findsNeeds { findNeeds() }
    // Checks with problems that only a node has are missing here.
    let result = sink.muted(wanted != nil) {
      registry.finish()
      let references = ScenarioReferences(registry: registry, checks: checks, sink: sink)
      let services = references.services(services)
      references.checkDependencies()
      return (services, references.maintenance(maintenance, services: services))
    }
    let loaded = Set(checks.map(\.id.text))
    for id in (supplied?.checks ?? []) where !loaded.contains(id) {
      sink.report(Diagnostic("check '\(id.escaped)' cannot be loaded here, and is not run"))
    }
    return result
  }

  private mutating func findNeeds() {
    for (check, nodes, names) in written {
      var finder = NeedsFinder(keyFiles: files.secretFiles.subtracting(log.secrets))
      for node in nodes { finder.add(node, in: names) }
      guard let check else {
        // No secret is for people to read.
        needs.common.environment.formUnion(finder.found.environment)
        continue
      }
      needs.checks[check] = finder.found
      if finder.namesModule { needs.ofModules.insert(check) }
    }
    written = []
  }

  /// - Parameter node: where the file is named, when a file names it.
  private mutating func read(_ path: String, named name: String, at node: YAMLNode?) -> SourceText? {
    do {
      let bytes = try files.read(path, limit: ScenarioLoader.fileLimit)
      log.add(path)
      return accept(bytes, named: name)
    } catch {
      sink.report(Diagnostic("'\(name)' could not be read: \(error)", excerpt: node?.excerpt))
      return nil
    }
  }

  private func accept(_ bytes: [UInt8], named name: String) -> SourceText? {
    guard bytes.count <= ScenarioLoader.fileLimit else {
      sink.report(Diagnostic("'\(name)' is longer than \(ScenarioLoader.fileLimit >> 20) MiB"))
      return nil
    }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      sink.report(Diagnostic("'\(name)' is UTF-16", notes: [.init("scenario files are UTF-8")]))
      return nil
    }
    return SourceText(path: name, folder: name == "<stdin>" ? "." : Path.folder(of: name), bytes: bytes)
  }

  // MARK: Includes and secrets

  /// - Parameter chain: the files that led here, to find a circle.
  private mutating func visible(from file: ScenarioFile, chain: [String]) -> Visible {
    var visible = Visible()
    var secretFiles: [String: String] = [:]
    var writtenFragments: [String: (node: YAMLNode, scope: NameScope?)] = [:]
    for inclusion in file.includes {
      guard let other = include(inclusion, from: file, chain: chain) else {
        visible.isComplete = false
        continue
      }
      visible.isComplete = visible.isComplete && other.isComplete
      for (name, fragment) in other.fragments.sorted(by: { $0.key < $1.key }) {
        if let first = visible.fragments[name], first !== fragment {
          sink.error(
            "'\(inclusion.path)' brings a fragment '\(name)', and so does a file before it", at: inclusion.node,
            notes: [
              .init("the first is written here", excerpt: first.node.excerpt),
              .init("the second is written here", excerpt: fragment.node.excerpt),
            ])
        }
        visible.fragments[name] = fragment
      }
      visible.variables.merge(other.variables) { _, later in later }
      visible.secrets.merge(other.secrets) { _, later in later }
      secretFiles.merge(other.names.secrets) { _, later in later }
      writtenFragments.merge(other.names.fragments.mapValues { ($0.node, $0.scope ?? other.names) }) { $1 }
    }
    for (name, value) in file.variables { visible.variables[name] = value }
    // One with a fault is known all the same, so that what uses it is not told to be wrong too.
    for name in file.secretNames { visible.secrets[name] = Secret("") }
    for (name, origin) in file.secrets {
      guard let secret = secret(name, origin, of: file.source) else { continue }
      visible.secrets[name] = secret
      secrets.insert(secret)
      if findsNeeds { needs.values[SecretName(file: file.source.path, name: name)] = secret }
    }
    for name in file.secretNames { secretFiles[name] = file.source.path }
    for entry in file.fragments { writtenFragments[entry.name] = (entry.value, nil) }
    visible.names = NameScope(
      variables: visible.variables.merging(overriding) { $1 }, secrets: secretFiles, fragments: writtenFragments)
    if !file.fragments.isEmpty {
      visible.fragments = fragments(file.fragments, visible, scopes(of: visible), file).all()
    }
    return visible
  }

  private mutating func include(_ inclusion: Inclusion, from file: ScenarioFile, chain: [String]) -> Visible? {
    let path = Path.join(file.source.folder, inclusion.path)
    let resolved = files.realPath(path) ?? path
    if chain.contains(resolved) {
      sink.error("'\(inclusion.path)' includes itself, directly or by way of others", at: inclusion.node)
      return nil
    }
    if let known = included[resolved] { return known }
    var result: Visible?
    if let source = read(path, named: path, at: inclusion.node),
      let other = ScenarioFile(source, surroundings: surroundings, sink: sink)
    {
      if let entry = other.ownKey {
        sink.error(
          "an included file may not hold \(entry.name)", at: inclusion.node,
          notes: [
            .init("they are written here; name the file on the command line instead", excerpt: entry.key.excerpt)
          ])
      }
      result = visible(from: other, chain: chain + [resolved])
    }
    included[resolved] = .some(result)
    return result
  }

  private func secret(_ name: String, _ origin: SecretOrigin, of source: SourceText) -> Secret? {
    if let supplied {
      guard let value = supplied.secrets[source.path]?[name], !value.isEmpty else { return nil }
      return Secret(value)
    }
    switch origin {
    case .environment(let variable, let node):
      guard let value = environment[variable], !value.isEmpty else {
        let state = environment[variable] == nil ? "not set" : "empty"
        sink.error("secret '\(name)': environment variable '\(variable)' is \(state)", at: node)
        return nil
      }
      return Secret(value)
    case .file(let path, let node):
      let full = Path.join(source.folder, path)
      files.noteSecret(full)
      log.addSecret(full)
      do {
        var bytes = try files.read(full, limit: 1 << 20)
        log.add(full)
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty else {
          sink.error("secret '\(name)': file '\(path)' is empty", at: node)
          return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
          sink.error("secret '\(name)': file '\(path)' is not UTF-8", at: node)
          return nil
        }
        return Secret(text)
      } catch {
        sink.error("secret '\(name)': file '\(path)' could not be read: \(error)", at: node)
        return nil
      }
    }
  }
}
