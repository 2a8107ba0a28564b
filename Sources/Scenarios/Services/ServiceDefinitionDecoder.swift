import Documents
import Model

/// A service as it is written: what it says of checks is not held against them yet.
struct WrittenService {
  var definition: ServiceDefinition
  /// Whether its rhythm is written; else it is that of its quickest check.
  var hasInterval: Bool
  /// Where its members are written, in their order.
  var members: [CheckReference]
  /// Where the number of `at_least` is written.
  var rule: YAMLNode?
}

/// Reads the entries of `services` of one file.
struct ServiceDefinitionDecoder {
  let compiler: ScopeCompiler
  let registry: CheckRegistry
  let reader: Reader

  /// Reads one entry; nil after a fault that leaves no service.
  func decode(_ node: YAMLNode) -> WrittenService? {
    guard case .mapping(let written) = node.content else {
      reader.fault(
        "expected a service, found \(node.foundText)", at: node, allowed: ServiceDefinitionKeys.table.keys.map(\.name))
      return nil
    }
    let entries = written.map { YAMLNode.Entry(key: $0.key, value: compiler.known($0.value)) }
    registry.add(entries, isService: true)
    guard
      let section = Section(node.replacing(.mapping(entries), isRendered: false), ServiceDefinitionKeys.table, reader)
    else { return nil }
    let id = section(ServiceDefinitionKeys.id)
    let members = section(ServiceDefinitionKeys.checks)
    let interval = section(ServiceDefinitionKeys.every)
    let dependsOn = section(ServiceDefinitionKeys.dependsOn) ?? []
    let name = section(ServiceDefinitionKeys.name)
    let group = section(ServiceDefinitionKeys.group)
    let labels = section(ServiceDefinitionKeys.labels) ?? []
    let objective = section(ServiceDefinitionKeys.objective) ?? .standard
    let incidents = IncidentPolicy(section)
    let rule = rule(section, members)
    guard let id, let members else { return nil }
    registry.add(dependencies: dependsOn, of: id)
    let place = section.entry(ServiceDefinitionKeys.id.name)?.value ?? node
    let definition = ServiceDefinition(
      id: id, name: name, group: group,
      labels: Dictionary(labels.map { ($0.name, $0.value) }) { first, _ in first },
      members: members.members.map { .init(check: $0.check.id, weight: $0.weight) }, rule: rule,
      interval: interval ?? Check.standardInterval, objective: objective, incidents: incidents,
      dependsOn: dependsOn.map(\.id).uniqued, location: place.location)
    return WrittenService(
      definition: definition, hasInterval: interval != nil, members: members.members.map(\.check),
      rule: section.entry(ServiceDefinitionKeys.rule.name)?.value)
  }

  /// Weights say that they count; a rule that does not look at them is a mistake.
  private func rule(_ section: Section, _ members: ServiceMembers?) -> ServiceRule {
    guard let rule = section(ServiceDefinitionKeys.rule) else {
      return members?.hasWeights == true ? .standardWeighted : .all
    }
    if case .weighted = rule { return rule }
    if members?.hasWeights == true, let entry = section.entry(ServiceDefinitionKeys.rule.name),
      let checks = section.entry(ServiceDefinitionKeys.checks.name)
    {
      reader.sink.error(
        "only rule 'weighted' looks at weights", at: entry.value,
        notes: [.init("the checks are given weights here", excerpt: checks.key.excerpt)])
    }
    return rule
  }
}

extension IncidentPolicy {
  /// As a check or a service says it.
  init(_ section: Section) {
    self.init(
      openAfter: section(CheckKeys.openAfter) ?? Self.standard.openAfter,
      closeAfter: section(CheckKeys.closeAfter) ?? Self.standard.closeAfter)
  }
}

extension [CheckID] {
  /// Each once, where it stands first.
  var uniqued: [CheckID] {
    var seen: Set<CheckID> = []
    return filter { seen.insert($0).inserted }
  }
}
