import Documents
import Expressions
import Model

/// Holds what services, maintenance and `depends_on` say of checks against all checks of all files.
struct ScenarioReferences {
  let registry: CheckRegistry
  /// Those without a fault.
  let checks: [Check]
  let sink: DiagnosticSink

  /// The services with what they take from their checks.
  func services(_ written: [WrittenService]) -> [ServiceDefinition] {
    let intervals = Dictionary(checks.map { ($0.id, $0.interval) }) { first, _ in first }
    return written.map { service in
      checkMembers(of: service)
      var definition = service.definition
      let quickest = definition.members.compactMap { intervals[$0.check] }.min()
      if !service.hasInterval, let quickest { definition.interval = quickest }
      return definition
    }
  }

  private func checkMembers(of service: WrittenService) {
    var seen: [CheckID: YAMLNode] = [:]
    for member in service.members {
      if registry.isService(member.id) {
        sink.error(
          member.id == service.definition.id
            ? "service '\(member.id)' stands on itself"
            : "'\(member.id)' is a service, and services stand on checks alone", at: member.node,
          notes: [.init("name the checks of '\(member.id)' in place of it")])
      } else {
        isKnown(member, among: registry.checkIDs, "check")
      }
      if let first = seen[member.id] {
        sink.error(
          "'\(member.id)' is named twice", at: member.node,
          notes: [.init("it stands here already", excerpt: first.excerpt)])
      }
      seen[member.id] = member.node
    }
    if case .atLeast(let count) = service.definition.rule, count > service.members.count, let rule = service.rule {
      sink.error(
        "at_least \(count) can never hold: the service has \(service.members.count) check\(service.members.count == 1 ? "" : "s")",
        at: rule.entry(named: ServiceRuleKeys.atLeast.name)?.value ?? rule)
    }
  }

  /// The windows, each with checks that it is about.
  func maintenance(_ written: [WrittenMaintenance], services: [ServiceDefinition]) -> [MaintenanceWindow] {
    let all = checks + services.map(\.check)
    let groups = Set(all.compactMap(\.group)).sorted()
    var first: [String: YAMLNode] = [:]
    for entry in written {
      if let other = first[entry.window.id] {
        sink.error(
          "duplicate maintenance id '\(entry.window.id)'", at: entry.id,
          notes: [.init("it was first given here", excerpt: other.excerpt)])
      } else {
        first[entry.window.id] = entry.id
      }
      for check in entry.checks { isKnown(check, among: registry.ids, "check or service") }
      for group in entry.groups where !groups.contains(group.text) {
        sink.error(
          "no check is in group '\(group.text.escaped)'", at: group.node,
          allowed: Array(groups.prefix(Self.mostListed)),
          suggestion: Suggestion.nearest(to: group.text, among: groups))
      }
      let labels = entry.window.scope.labels
      if let place = entry.labels, !labels.isEmpty,
        !all.contains(where: { check in labels.allSatisfy { check.labels[$0.key] == $0.value } })
      {
        sink.error("no check carries these labels", at: place)
      }
    }
    return written.map(\.window)
  }

  /// Whatever is depended on is known, and nothing depends on itself.
  func checkDependencies() {
    for (_, parents) in registry.dependencies {
      for parent in parents { isKnown(parent, among: registry.ids, "check or service") }
    }
    for circle in DependencyCircles(registry.dependencies).found {
      let names = circle.map { "'\($0.id)'" }
      guard let last = circle.last else { continue }
      sink.error(
        names.count == 1
          ? "\(names[0]) depends on itself"
          : "\(names[names.count - 1]) depends on itself by way of \(names.dropLast().joined(separator: ", "))",
        at: last.node)
    }
  }

  /// More names than that help nobody.
  private static let mostListed = 20

  private func isKnown(_ reference: CheckReference, among ids: [CheckID], _ what: String) {
    guard !registry.has(reference.id) else { return }
    let names = ids.map(\.text)
    sink.error(
      "there is no \(what) '\(reference.id)'", at: reference.node,
      allowed: names.count <= Self.mostListed ? names : [],
      suggestion: Suggestion.nearest(to: reference.id.text, among: names))
  }
}

/// Finds what depends on itself.
struct DependencyCircles {
  /// Each with the references that lead around, in order; the last one names what the first one begins at.
  let found: [[CheckReference]]

  init(_ dependencies: [(check: CheckID, parents: [CheckReference])]) {
    let parents = Dictionary(dependencies.map { ($0.check, $0.parents) }) { first, _ in first }
    // Whatever depends on nothing that is left cannot be part of a circle.
    var left = parents.mapValues { references in Set(references.map(\.id).filter { parents[$0] != nil }) }
    var children: [CheckID: [CheckID]] = [:]
    for (child, ids) in left { for parent in ids { children[parent, default: []].append(child) } }
    var free = left.filter(\.value.isEmpty).map(\.key)
    while let next = free.popLast() {
      left[next] = nil
      for child in children[next] ?? [] where left[child]?.remove(next) != nil {
        if left[child]?.isEmpty == true { free.append(child) }
      }
    }
    // From each of the rest a way leads on for ever: into a circle.
    var found: [[CheckReference]] = []
    var walked: Set<CheckID> = []
    for start in dependencies.map(\.check) where left[start] != nil && !walked.contains(start) {
      var way: [CheckReference] = []
      var place: [CheckID: Int] = [:]
      var current = start
      while !walked.contains(current) {
        walked.insert(current)
        place[current] = way.count
        guard let next = parents[current]?.first(where: { left[$0.id] != nil }) else { break }
        way.append(next)
        current = next.id
        if let begin = place[current] { found.append(Array(way[begin...])) }
      }
    }
    self.found = found
  }
}
