import Documents
import Expressions
import Model

/// The keys of a file.
enum FileKeys {
  static let version = Key("version", .version, isRequired: true, "version of this format: 1")
  static let defaults = Key("defaults", .node(.section(CheckKeys.defaults)), "what checks have in common")
  static let variables = Key("variables", .variables, "values for templates and expressions")
  static let secrets = Key("secrets", .secrets, "values that are never printed")
  static let include = Key("include", .include, "files with fragments, variables and secrets")
  static let checks = Key("checks", .nodes(.section(CheckKeys.table)), "what is watched")
  static let services = Key(
    "services", .nodes(.section(ServiceDefinitionKeys.table)), "what several checks stand for together")
  static let maintenance = Key("maintenance", .nodes(.section(MaintenanceKeys.table)), "planned work")
  static let fragments = Key("fragments", .fragments, "steps for journeys of files that include this one")

  static let table = SectionTable(
    "scenario", title: "the file",
    [
      version.any, defaults.any, variables.any, secrets.any, include.any, checks.any, services.any, maintenance.any,
      fragments.any,
    ])
}

extension Form where Value == Int {
  /// The version of the format.
  static let version = Form(.integer(1...1)) { node, reader in
    if case .int(1) = node.value { return 1 }
    reader.fault(
      "expected version 1, found \(node.foundText)", at: node, notes: ["this curlew reads `version: 1`, a number"])
    return nil
  }
}

/// The keys of one secret.
enum SecretKeys {
  static let env = Key("env", .nonEmptyText, "environment variable that holds it")
  static let file = Key("file", .path(allowsAbsolute: true), "file that holds it; its final line end is taken off")
  static let table = SectionTable("secret", title: "a secret", [env.any, file.any], oneOf: ["env", "file"])
}

/// Where a secret comes from.
enum SecretOrigin {
  case environment(String, YAMLNode)
  case file(String, YAMLNode)
}

extension Form where Value == SecretOrigin {
  static let secret = Form.section(SecretKeys.table) { section in
    if let name = section(SecretKeys.env) { return .environment(name, section.node) }
    return section(SecretKeys.file).map { .file($0, section.node) }
  }
}

extension Form where Value == Fields<SecretOrigin> {
  static let secrets = Form.map(
    of: .secret, keyPattern: Form<Fields<YAMLNode>>.identifier,
    name: Form<Fields<YAMLNode>>.nameFault)
}

/// The keys of a fragment.
enum FragmentKeys {
  static let parameters = Key(
    "parameters", Form<[YAMLNode]>.nodes(.text(pattern: ".")), "names that whoever uses it gives values to")
  static let steps = Key("steps", .steps(minimum: 0), isRequired: true, "steps of a journey")
  static let outputs = Key(
    "outputs", Form<[YAMLNode]>.nodes(.text(pattern: ".")), "captures that are seen outside; all without")
  static let table = SectionTable("fragment", title: "a fragment", [parameters.any, steps.any, outputs.any])
}

extension Form where Value == Fields<YAMLNode> {
  static let fragments = Form.map(
    of: Form<YAMLNode>(.section(FragmentKeys.table)) { node, _ in node }, keyPattern: "^[^.\\[\\]]{1,100}$"
  ) { name in
    name.isStepName
      ? nil
      : KeyFault(
        message: "'\(name.escaped)' is no name for a fragment",
        notes: ["a name has 1 to 100 characters, and none of '.', '[' and ']'"])
  }
}

/// A file named by `include`, and where.
struct Inclusion {
  var path: String
  var node: YAMLNode
}

extension Form where Value == [Inclusion] {
  static let include = Form.list(of: .inclusion)
}

extension Form where Value == Inclusion {
  static let inclusion = Form<String>.path(allowsAbsolute: false).map { path, node, _ -> Inclusion? in
    Inclusion(path: path, node: node)
  }
}

extension Form where Value == YAMLNode {
  /// A map left as it is.
  static func node(_ schema: SchemaForm) -> Form {
    Form(schema) { node, reader in
      if case .mapping = node.content { return node }
      reader.fault("expected a map, found \(node.foundText)", at: node)
      return nil
    }
  }
}

extension Form where Value == [YAMLNode] {
  /// A list whose entries are left as they are.
  ///
  /// - Parameter minimum: what the schema asks for; whoever reads the entries says so in words of its own.
  static func nodes(_ item: SchemaForm, minimum: Int = 0) -> Form {
    Form(.list(item, minimum: minimum)) { node, reader in
      if case .sequence(let items) = node.content { return items }
      reader.fault("expected a list, found \(node.foundText)", at: node)
      return nil
    }
  }
}

/// What one file says, taken apart.
struct ScenarioFile {
  let source: SourceText
  let defaults: YAMLNode?
  let variables: Fields<YAMLNode>
  let secrets: Fields<SecretOrigin>
  /// All secrets, those with a faulty origin too.
  let secretNames: [String]
  let includes: [Inclusion]
  /// Nil when the file has no such key.
  let checks: [YAMLNode]?
  /// Entries of `services`.
  let services: [YAMLNode]
  /// Entries of `maintenance`.
  let maintenance: [YAMLNode]
  /// The first of the keys `checks`, `services` and `maintenance`, for messages.
  let ownKey: YAMLNode.Entry?
  /// Its own fragments, with their keys.
  let fragments: [YAMLNode.Entry]

  /// Nil when the file is no YAML or no map.
  init?(_ source: SourceText, surroundings: Surroundings, sink: DiagnosticSink) {
    let root: YAMLNode
    switch YAMLComposer.compose(source, sink: sink) {
    case .node(let node): root = node
    case .empty:
      sink.report(
        Diagnostic(
          "'\(source.path)' is empty", excerpt: source.excerpt(ofBytes: 0..<0),
          notes: [.init("a scenario file begins with `version: 1`")]))
      return nil
    case .broken: return nil
    }
    let reader = Reader(phase: .load, sink: sink, folder: source.folder, surroundings: surroundings)
    guard let section = Section(root, FileKeys.table, reader) else { return nil }
    self.source = source
    _ = section(FileKeys.version)
    defaults = section(FileKeys.defaults)
    variables = section(FileKeys.variables) ?? []
    secrets = section(FileKeys.secrets) ?? []
    if case .mapping(let entries)? = section.entry(FileKeys.secrets.name)?.value.content {
      secretNames = entries.map(\.name)
    } else {
      secretNames = []
    }
    includes = section(FileKeys.include) ?? []
    checks = section(FileKeys.checks)
    services = section(FileKeys.services) ?? []
    maintenance = section(FileKeys.maintenance) ?? []
    ownKey =
      [FileKeys.checks.name, FileKeys.services.name, FileKeys.maintenance.name].lazy
      .compactMap { section.entry($0) }.first
    let names = Set((section(FileKeys.fragments) ?? []).map(\.name))
    if case .mapping(let entries)? = section.entry(FileKeys.fragments.name)?.value.content {
      fragments = entries.filter { names.contains($0.name) }
    } else {
      fragments = []
    }
    if let defaults { Self.check(defaults, reader) }
  }

  /// `defaults` is read once by itself, so that its faults are told even when no check takes from it.
  private static func check(_ defaults: YAMLNode, _ reader: Reader) {
    guard let section = Section(defaults, CheckKeys.defaults, reader) else { return }
    _ = (section(JudgingKeys.expect), section(JudgingKeys.warn), section(JudgingKeys.until))
    _ = (section(CheckKeys.variables), section(CheckKeys.measure))
  }
}
