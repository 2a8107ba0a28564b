import Model

/// Chooses what stands on a page from the checks in force.
struct PageSelector {
  /// A heading with its checks.
  struct Section {
    var title: String?
    var isFolded: Bool
    var checks: [Check]
  }

  let edition: CheckCatalogue.Edition

  /// In order, none of them empty. Disabled checks stand only where they are chosen by their ids.
  func sections(of definition: PageDefinition) -> [Section] {
    definition.sections.flatMap { sections(of: $0) }.filter { !$0.checks.isEmpty }
  }

  private func sections(of section: PageSection) -> [Section] {
    let enabled = edition.checks.lazy.filter(\.isEnabled)
    func one(_ checks: [Check]) -> [Section] {
      [Section(title: section.title, isFolded: section.isFolded, checks: checks)]
    }
    switch section.selection {
    case .chosen(let ids): return one(ids.compactMap { edition[$0] })
    case .group(let group): return one(enabled.filter { $0.group == group })
    case .labels(let labels):
      return one(enabled.filter { check in labels.allSatisfy { check.labels[$0.key] == $0.value } })
    case .everything:
      let byGroup = Dictionary(grouping: enabled, by: \.group)
      return edition.groups.map { Section(title: $0, isFolded: section.isFolded, checks: byGroup[$0] ?? []) }
    }
  }
}

/// Tells a page's readers of incidents what the page may tell: nothing of checks that it does not show, and no causes where
/// it shows none.
struct IncidentFilter: Sendable {
  let definition: PageDefinition
  let shown: Set<CheckID>

  /// The incident as the page tells it; nil when it is about something else.
  func told(_ incident: Incident) -> Incident? {
    var told = incident
    told.impacts = incident.impacts.filter { shown.contains($0.check) }
    guard !told.impacts.isEmpty || incident.impacts.isEmpty && incident.check == nil else { return nil }
    if let check = incident.check, !shown.contains(check) { told.check = nil }
    guard definition.showsCauses else {
      told.cause = nil
      told.updates = incident.updates.map { update in
        var update = update
        // What came by itself is in the words of runs.
        if update.author == nil { update.text = "" }
        return update
      }
      return told
    }
    return told
  }
}
