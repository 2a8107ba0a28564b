import Model

/// The state of everything in one sentence.
package struct Headline: Hashable, Sendable {
  /// As plain text.
  package var text: String
  package var state: PageState

  /// The worst state that anything is in gives the sentence; what is not watched is left out. Where all is well, an incident
  /// that somebody wrote does.
  package init(_ content: PageContent) {
    self.init(content, in: .of(content.definition.language))
  }

  init(_ content: PageContent, in language: Language) {
    var counts: [PageState: Int] = [:]
    var names: [PageState: String] = [:]
    for entry in content.entries {
      counts[entry.state, default: 0] += 1
      if names[entry.state] == nil { names[entry.state] = entry.name }
    }
    let total = counts.values.reduce(0, +) - (counts[.disabled] ?? 0)
    guard total > 0 else {
      self.init(text: language(counts.isEmpty ? .headlineEmpty : .headlineDisabled), state: .disabled)
      return
    }
    for (state, name, all, some) in Self.sentences {
      guard let count = counts[state], let first = names[state] else { continue }
      if count == 1 {
        self.init(text: language(name, ["name": PlainText.isolated(first)]), state: state)
      } else if count == total {
        self.init(text: language(all), state: state)
      } else {
        self.init(text: language(some, count, ["total": String(total)]), state: state)
      }
      return
    }
    if content.openIncidents.contains(where: { $0.severity == .down || $0.severity == .degraded }) {
      self.init(text: language(.headlineIncident), state: .degraded)
    } else if (counts[.up] ?? 0) == 0 {
      self.init(text: language(.headlineWaiting), state: .waiting)
    } else {
      self.init(text: language(.headlineUp), state: .up)
    }
  }

  private init(text: String, state: PageState) {
    self.text = text
    self.state = state
  }

  /// Worst first: of one by its name, of all, of some.
  private static let sentences: [(PageState, Phrase, Phrase, Plural)] = [
    (.down, .headlineDownName, .headlineDownAll, .headlineDown),
    (.unknown, .headlineUnknownName, .headlineUnknownAll, .headlineUnknown),
    (.degraded, .headlineDegradedName, .headlineDegradedAll, .headlineDegraded),
    (.maintenance, .headlineMaintenanceName, .headlineMaintenanceAll, .headlineMaintenance),
  ]
}
