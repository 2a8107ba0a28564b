import Synchronization

/// Which one of several states something is in: a gauge of 0 or 1 for each state.
///
/// It is written as a gauge in OpenMetrics as well. The state set type there would force the label to be named like the
/// metric, so that queries would differ between the formats.
package final class StateSet: Instrument {
  /// What tells this state set from the others of its family.
  package let labels: Labels
  private let layout: StateLayout
  private let insertionPoint: Int
  /// The position of the present state in the registered list, or -1.
  private let current = Atomic<Int>(-1)

  /// - Precondition: the labels lack the one that the state is told by.
  init(labels: Labels, layout: StateLayout) {
    precondition(labels[layout.label] == nil, "the label \"\(layout.label)\" is written by the state set itself")
    self.labels = labels
    self.layout = layout
    self.insertionPoint = labels.insertionPoint(for: layout.label)
  }

  /// Enters a state by its name; a name that is not registered leaves every state at 0.
  package func set(_ state: String) {
    set(index: layout.states.firstIndex(of: state))
  }

  /// Enters a state by its position in the registered list, the cheap way; nil leaves every state at 0.
  package func set(index: Int?) {
    current.store(index ?? -1, ordering: .relaxed)
  }

  /// The name of the present state, or nil when there is none.
  package var state: String? {
    let index = current.load(ordering: .relaxed)
    return layout.states.indices.contains(index) ? layout.states[index] : nil
  }

  /// Writes a sample for each state, sorted by their names.
  package func write(to writer: inout SampleWriter) {
    let current = current.load(ordering: .relaxed)
    for state in layout.rendered {
      writer.flag(labels, inserting: state.pair, at: insertionPoint, isSet: state.index == current)
    }
  }
}

/// The states that all members of a family share, with their label ready to print.
final class StateLayout: Sendable {
  let label: String
  let states: [String]
  /// In the order of their names, as the series are sorted.
  let rendered: [(index: Int, pair: [UInt8])]

  /// - Throws: `RegistrationError` with `invalidLabelName` or `invalidStates`.
  init(label: String, states: [String], of name: String) throws(RegistrationError) {
    try Naming.checkLabel(label)
    guard !states.isEmpty, Set(states).count == states.count else {
      throw RegistrationError(
        .invalidStates, "states \(states) of \"\(name)\" are not usable: give at least one, and each only once")
    }
    self.label = label
    self.states = states
    self.rendered = states.enumerated().sorted { $0.element < $1.element }.map { index, state in
      var pair: [UInt8] = []
      Labels.append(name: label, value: state, to: &pair)
      return (index, pair)
    }
  }
}
