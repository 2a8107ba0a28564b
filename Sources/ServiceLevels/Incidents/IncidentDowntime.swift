package import Model

/// How long something was broken by its incidents, whatever its slots say: times that overlap count once.
package enum IncidentDowntime {
  /// Impacts that count as being down: what is merely degraded works.
  private static let levels: Set<Impact.Level> = [.partial, .major]

  /// How long in [from, to) an incident that makes a check or service at least partly unusable lasted.
  ///
  /// - Parameter incidents: in any order, those of others too. One that is still open lasts to the end of the window.
  package static func downtime(
    of check: CheckID, in incidents: some Sequence<Incident>, from: Timestamp, to: Timestamp
  ) -> Duration {
    let times = incidents.compactMap { incident -> Range<Timestamp>? in
      guard incident.impacts.contains(where: { $0.check == check && levels.contains($0.level) }) else { return nil }
      let begin = max(incident.began, from)
      // A manual one that is resolved without a known end ended with its last update.
      let end = min(incident.ended ?? (incident.isOpen ? to : incident.updates.last?.at ?? begin), to)
      return begin < end ? begin..<end : nil
    }
    return TimeSpans.merged(times).reduce(.zero) { $0 + ($1.upperBound - $1.lowerBound) }
  }

  /// The share of a window that was not downtime, to the nanosecond; nil for a window of no length.
  package static func availability(downtime: Duration, from: Timestamp, to: Timestamp) -> Ratio? {
    let length = (to - from).nanoseconds
    guard length > 0 else { return nil }
    return Ratio(Int(max(0, length - downtime.nanoseconds)), of: Int(length))
  }
}
