import Synchronization

/// The metrics of one program, or of one answer: what `/metrics` prints.
///
/// There is no global one. The daemon builds one and hands it out; `/probe` makes one for each request and throws it
/// away. Names are checked here, once, so that nothing that a scraper refuses can be printed later.
package final class Registry: Sendable {
  private let state = Mutex(State())

  private struct State {
    /// Sorted by name.
    var families: [any AnyFamily] = []
    /// Each name that a family may print, with the name under which that family was registered.
    var owners: [String: String] = [:]
    var refreshes: [@Sendable () -> Void] = []
  }

  /// A registry without metrics.
  package init() {}

  // MARK: - Families

  /// Registers a total that only grows.
  ///
  /// - Parameters:
  ///   - name: ends in `_total`.
  ///   - help: one sentence for people who meet the metric in a query editor.
  ///   - unit: for OpenMetrics: the last word of the name before `_total`, such as `seconds`.
  /// - Throws: `RegistrationError` for a name that is not valid, taken, or does not fit.
  package func counter(
    _ name: String, help: String, unit: String? = nil
  ) throws(RegistrationError) -> Family<Counter> {
    try add(FamilyDescription(name: name, help: help, unit: unit, kind: .counter)) { Counter(labels: $0) }
  }

  /// Registers totals that only grow, told apart by a label whose values are all known.
  ///
  /// - Parameters:
  ///   - name: ends in `_total`.
  ///   - help: one sentence for people who meet the metric in a query editor.
  ///   - label: the label that tells the totals apart; children must not have it themselves.
  ///   - values: all its values; `CounterSet.increment(at:by:)` counts in this order.
  /// - Throws: `RegistrationError` for a name that is not valid, taken, or does not fit, and for unusable values.
  package func counterSet(
    _ name: String, help: String, label: String, values: [String]
  ) throws(RegistrationError) -> Family<CounterSet> {
    let layout = try StateLayout(label: label, states: values, of: name)
    return try add(FamilyDescription(name: name, help: help, unit: nil, kind: .counter)) {
      CounterSet(labels: $0, layout: layout)
    }
  }

  /// Registers a value that goes up and down.
  ///
  /// - Parameters:
  ///   - name: does not end in `_total`.
  ///   - help: one sentence for people who meet the metric in a query editor.
  ///   - unit: for OpenMetrics: the last word of the name.
  ///   - value: what a new series starts with; nil keeps it out of the text until it is set.
  /// - Throws: `RegistrationError` for a name that is not valid, taken, or does not fit.
  package func gauge(
    _ name: String, help: String, unit: String? = nil, initially value: Double? = 0
  ) throws(RegistrationError) -> Family<Gauge> {
    try add(FamilyDescription(name: name, help: help, unit: unit, kind: .gauge)) {
      Gauge(labels: $0, initially: value)
    }
  }

  /// Registers observations that are sorted into buckets.
  ///
  /// - Parameters:
  ///   - name: does not end in `_total`.
  ///   - help: one sentence for people who meet the metric in a query editor.
  ///   - unit: for OpenMetrics: the last word of the name.
  ///   - buckets: inclusive upper bounds in ascending order; the infinite one is added.
  /// - Throws: `RegistrationError` for a name that is not valid, taken, or does not fit, and for unusable buckets.
  package func histogram(
    _ name: String, help: String, unit: String? = nil, buckets: [Double]
  ) throws(RegistrationError) -> Family<Histogram> {
    let layout = try BucketLayout(buckets, of: name)
    return try add(FamilyDescription(name: name, help: help, unit: unit, kind: .histogram)) {
      Histogram(labels: $0, layout: layout)
    }
  }

  /// Registers observations of which only count and sum are kept, told apart by a label whose values are all known. A value
  /// that was never observed has no series.
  ///
  /// - Parameters:
  ///   - name: does not end in `_total`.
  ///   - help: one sentence for people who meet the metric in a query editor.
  ///   - unit: for OpenMetrics: the last word of the name.
  ///   - label: the label that tells the observations apart; children must not have it themselves.
  ///   - values: all its values; `SummarySet.observe(_:at:)` counts in this order.
  /// - Throws: `RegistrationError` for a name that is not valid, taken, or does not fit, and for unusable values.
  package func summarySet(
    _ name: String, help: String, unit: String? = nil, label: String, values: [String]
  ) throws(RegistrationError) -> Family<SummarySet> {
    let layout = try StateLayout(label: label, states: values, of: name)
    return try add(FamilyDescription(name: name, help: help, unit: unit, kind: .summary)) {
      SummarySet(labels: $0, layout: layout)
    }
  }

  /// Registers text that is carried by labels.
  ///
  /// - Parameters:
  ///   - name: ends in `_info`.
  ///   - help: one sentence for people who meet the metric in a query editor.
  /// - Throws: `RegistrationError` for a name that is not valid, taken, or does not fit.
  package func info(_ name: String, help: String) throws(RegistrationError) -> Family<Info> {
    try add(FamilyDescription(name: name, help: help, unit: nil, kind: .info)) { Info(labels: $0) }
  }

  /// Registers a choice between states, each with a series of 0 or 1.
  ///
  /// - Parameters:
  ///   - name: does not end in `_total`.
  ///   - help: one sentence for people who meet the metric in a query editor.
  ///   - label: the label that names the state; children must not have it themselves.
  ///   - states: all states there are; `StateSet.set(index:)` counts in this order.
  /// - Throws: `RegistrationError` for a name that is not valid, taken, or does not fit, and for unusable states.
  package func stateSet(
    _ name: String, help: String, label: String = "state", states: [String]
  ) throws(RegistrationError) -> Family<StateSet> {
    let layout = try StateLayout(label: label, states: states, of: name)
    return try add(FamilyDescription(name: name, help: help, unit: nil, kind: .gauge)) {
      StateSet(labels: $0, layout: layout)
    }
  }

  private func add<Child: Instrument>(
    _ description: FamilyDescription, makeChild: @escaping @Sendable (Labels) -> Child
  ) throws(RegistrationError) -> Family<Child> {
    try description.check()
    let family = Family(description, makeChild: makeChild)
    let clash: (name: String, owner: String)? = state.withLock { state in
      for name in description.claimedNames {
        if let owner = state.owners[name] { return (name, owner) }
      }
      for name in description.claimedNames { state.owners[name] = description.name }
      let index = state.families.firstIndex { $0.description.name > description.name } ?? state.families.count
      state.families.insert(family, at: index)
      return nil
    }
    if let clash {
      throw RegistrationError(
        .nameTaken,
        "metric \"\(description.name)\" would print the name \"\(clash.name)\", which belongs to \"\(clash.owner)\": rename it"
      )
    }
    return family
  }

  // MARK: - Life

  /// Adds work that is done before each rendering, for values that are cheaper to compute when asked for than to keep.
  ///
  /// It runs on the thread that renders, in the order of registration, and should only read memory and set instruments.
  /// Two scrapes at once run it twice at once.
  package func onScrape(_ refresh: @escaping @Sendable () -> Void) {
    state.withLock { $0.refreshes.append(refresh) }
  }

  /// Drops every series, of whatever family, whose label has one of the values: what a check leaves when it goes.
  package func remove(label: String, values: Set<String>) {
    for family in state.withLock({ $0.families }) { family.remove(label: label, values: values) }
  }

  /// Begins to print everything in one format.
  package func rendering(_ format: TextFormat) -> Rendering {
    let (families, refreshes) = state.withLock { ($0.families, $0.refreshes) }
    for refresh in refreshes { refresh() }
    return Rendering(of: families, format: format)
  }

  /// The whole text in one format.
  package func render(_ format: TextFormat) -> [UInt8] {
    var rendering = rendering(format)
    var text: [UInt8] = []
    while let piece = rendering.next() { text += piece }
    return text
  }
}
