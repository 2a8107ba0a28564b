package import Model

/// A region is asked what it sees, at once.
package struct OpinionWish: Hashable, Sendable {
  /// Of which check.
  package var check: CheckID
  /// About which slot.
  package var slot: Slot
  /// Which region: the node that would run this slot of the check there (`Assignment`) is asked.
  package var region: String
  /// Until when an answer is waited for.
  package var until: Timestamp

  /// A wish with everything said.
  package init(check: CheckID, slot: Slot, region: String, until: Timestamp) {
    self.check = check
    self.slot = slot
    self.region = region
    self.until = until
  }
}

/// Whom to ask when a region sees a check down that was not down before: regions that do not fail together with it. Those that
/// run the check anyway need not be asked, because all regions run a slot at the same time.
package enum SecondOpinion {
  /// With so many voters one that is wrong is outvoted.
  static let enough = 3

  /// The regions to ask, best first; none where the check's own regions are enough and stand in different places.
  ///
  /// - Parameters:
  ///   - failing: the region that sees it down.
  ///   - expected: the regions that run the check, `failing` among them.
  ///   - all: every region of the fleet.
  ///   - check: breaks ties, so that not one region gives every opinion.
  package static func regions(
    besides failing: FleetRegion, expected: [FleetRegion], all: [FleetRegion], for check: CheckID
  ) -> [String] {
    let present = expected.filter { $0.isLive || $0.name == failing.name }
    let isSpread = present.contains { distance(failing, $0) > 0 }
    let areUnlabelled = present.allSatisfy { placeLabels($0).isEmpty }
    guard present.count < enough || !(isSpread || areUnlabelled) else { return [] }
    let names = Set(expected.map(\.name))
    let candidates = all.filter { $0.isLive && !names.contains($0.name) && mayDiffer(failing, $0) }
    let ranked = candidates.map { region in
      (
        region: region, distance: distance(failing, region),
        order: StableHash.mixed(check.stableHash ^ StableHash.of(region.name))
      )
    }
    .sorted { ($1.distance, $0.order) < ($0.distance, $1.order) }
    return ranked.prefix(max(1, enough - present.count)).map(\.region.name)
  }

  /// In how many of the labels that tell failure domains two regions differ.
  static func distance(_ first: FleetRegion, _ second: FleetRegion) -> Int {
    NodeDescription.failureDomains.count { label in
      guard let one = first.labels[label], let other = second.labels[label] else { return false }
      return one != other
    }
  }

  /// Whether nothing says that two regions fail together: a label differs, or none is there to compare.
  private static func mayDiffer(_ first: FleetRegion, _ second: FleetRegion) -> Bool {
    let compared = NodeDescription.failureDomains.filter { first.labels[$0] != nil && second.labels[$0] != nil }
    return compared.isEmpty || distance(first, second) > 0
  }

  private static func placeLabels(_ region: FleetRegion) -> [String] {
    NodeDescription.failureDomains.filter { region.labels[$0] != nil }
  }
}
