import Documents
import Expressions
import Model

/// The keys of an entry of `services`.
enum ServiceDefinitionKeys {
  static let id = CheckKeys.id
  static let name = CheckKeys.name
  static let group = CheckKeys.group
  static let labels = CheckKeys.labels
  static let checks = Key("checks", .members, isRequired: true, "the checks it stands on; a map gives weights")
  static let rule = Key("rule", .rule, "what makes it good (all)")
  static let every = Key(
    "every", .wholeMilliseconds(CheckKeys.intervals), "from one slot to the next (that of its quickest check)")
  static let objective = CheckKeys.objective
  static let openAfter = CheckKeys.openAfter
  static let closeAfter = CheckKeys.closeAfter
  static let dependsOn = CheckKeys.dependsOn

  static let table = SectionTable(
    "service", title: "a service",
    [
      id.any, name.any, group.any, labels.any, checks.any, rule.any, every.any, objective.any, openAfter.any,
      closeAfter.any, dependsOn.any,
    ])
}

/// What `checks` of a service says.
struct ServiceMembers: Sendable {
  var members: [(check: CheckReference, weight: Int)]
  /// Whether a map gives weights.
  var hasWeights: Bool
}

extension Form where Value == ServiceMembers {
  private static let list = Form<[CheckReference]>.list(of: .reference, minimum: 1)
  private static let weight = Form<Int>.integer(1...1_000_000)

  /// A list of ids, or a map from ids to weights.
  static let members = Form(
    .anyOf([list.schema, .map(weight.schema, keyPattern: "^[a-z0-9][a-z0-9-]{0,62}$")])
  ) { node, reader in
    guard case .mapping(let entries) = node.content else {
      return list.read(node, reader).map { references in
        ServiceMembers(members: references.map { ($0, 1) }, hasWeights: false)
      }
    }
    if entries.isEmpty { reader.fault("the map needs at least one entry", at: node) }
    let members = entries.compactMap { entry -> (check: CheckReference, weight: Int)? in
      let check = Form<CheckReference>.reference.read(entry.key, reader)
      guard let weight = weight.read(entry.value, reader), let check else { return nil }
      return (check, weight)
    }
    return ServiceMembers(members: members, hasWeights: true)
  }
}

/// The keys of `rule`, where it is a map.
enum ServiceRuleKeys {
  static let atLeast = Key("at_least", .integer(1...100_000), "so many checks are good")
  static let weighted = Key("weighted", .weighted, "the good checks have enough of the weight")
  static let table = SectionTable("rule", [atLeast.any, weighted.any], oneOf: [atLeast.name, weighted.name])

  static let downBelow = Key("down_below", .percentage, "the share of the weight below which it is down (50%)")
  static let weightedTable = SectionTable("weighted", [downBelow.any])
}

extension Form where Value == ServiceRule {
  private static let words: KeyValuePairs<String, ServiceRule> = [
    "all": .all, "any": .any, "weighted": .standardWeighted,
  ]
  private static let word = Form.choice(words)

  /// A word, or a map of one key.
  static let rule = Form(.anyOf([word.schema, .section(ServiceRuleKeys.table)])) { node, reader in
    guard case .mapping = node.content else { return word.read(node, reader) }
    guard let section = Section(node, ServiceRuleKeys.table, reader) else { return nil }
    if let rule = section(ServiceRuleKeys.weighted) { return rule }
    return section(ServiceRuleKeys.atLeast).map { .atLeast($0) }
  }

  static let weighted = Form.section(ServiceRuleKeys.weightedTable) { section in
    section(ServiceRuleKeys.downBelow).map { .weighted(downBelow: $0) } ?? .standardWeighted
  }
}

extension ServiceRule {
  /// Where no share is written.
  static let standardWeighted = ServiceRule.weighted(downBelow: 0.5)
}
