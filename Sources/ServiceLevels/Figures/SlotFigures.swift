package import Model

/// What became of slots over a window, with exclusions taken out and without.
package struct SlotFigures: Hashable, Sendable {
  /// Excluded slots count as maintenance.
  package var tally = SlotTally()
  /// As if there were no exclusions.
  package var unadjusted = SlotTally()
  /// How many slots exclusions took out.
  package var excludedSlots = 0
  /// The tallies of shorter windows with the same end, exclusions taken out, in the order asked for.
  package var recent: [SlotTally] = []

  /// Figures of nothing.
  package init(recent count: Int = 0) {
    recent = Array(repeating: SlotTally(), count: count)
  }

  /// Adds those of a member, so many times.
  mutating func add(_ other: SlotFigures, weight: Int) {
    tally = tally + other.tally.weighted(by: weight)
    unadjusted = unadjusted + other.unadjusted.weighted(by: weight)
    excludedSlots += other.excludedSlots
    for index in recent.indices where index < other.recent.count {
      recent[index] = recent[index] + other.recent[index].weighted(by: weight)
    }
  }
}

/// One whose figures are wanted.
package struct FigureSubject: Sendable {
  /// Under which id its slots are kept.
  package var check: CheckID
  /// The members that its availability is made of, for a service that weighs them; nil for its own slots.
  package var members: [ServiceDefinition.Member]?

  /// A check or service by its own slots.
  package init(_ check: CheckID) {
    self.check = check
    members = nil
  }

  /// A service. Only one that weighs its members is figured from theirs.
  package init(_ service: ServiceDefinition) {
    check = service.id
    if case .weighted = service.rule { members = service.members } else { members = nil }
  }
}

/// The figures of one subject.
package struct SubjectFigures: Hashable, Sendable {
  /// Of its own slots.
  package var own: SlotFigures
  /// What availability and budget are reckoned from: the weighted slots of members, or its own.
  package var basis: SlotFigures

  /// Figures of one that has its own slots alone.
  package init(_ own: SlotFigures) {
    self.own = own
    basis = own
  }
}
