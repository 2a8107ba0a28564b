package import Model

extension SlotTally {
  /// The slots that exclusion takes from availability: all but those in maintenance already.
  package var excludable: Int { max(0, expected - maintenance) }

  /// The same slots as if they had all been in maintenance.
  package var excluded: SlotTally { SlotTally(expected: expected, maintenance: expected) }

  /// So many times the slots; saturating, for weights are of any size.
  package func weighted(by weight: Int) -> SlotTally {
    func times(_ count: Int) -> Int {
      let (product, overflows) = count.multipliedReportingOverflow(by: weight)
      return overflows ? Int.max / 16 : product
    }
    return SlotTally(
      expected: times(expected), up: times(up), degraded: times(degraded), down: times(down), unknown: times(unknown),
      missed: times(missed), maintenance: times(maintenance), downtime: downtime)
  }
}
