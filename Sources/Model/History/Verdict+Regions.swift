extension Verdict {
  /// The verdict of one slot over the regions that ran it, as far as it follows from that slot alone: what was held before,
  /// and the quorum that a check's author wrote, are for whoever decides slots (`HistoryStore.judge` keeps what they said).
  ///
  /// Regions that are `unknown` have no say; when none has one, the slot is `unknown`. It is `down` when more than half of
  /// those that have a say are down, and at least two are: one region alone never brings down what another one sees
  /// working, and exactly half says neither the one nor the other. Short of that, a region that is down or degraded makes
  /// it `degraded`. With one region it is its own.
  package static func overRegions(_ verdicts: some Sequence<Verdict>) -> Verdict {
    var known = 0
    var down = 0
    var degraded = 0
    for verdict in verdicts where verdict != .unknown {
      known += 1
      if verdict == .down { down += 1 }
      if verdict == .degraded { degraded += 1 }
    }
    guard known > 0 else { return .unknown }
    guard down < min(2, known) || 2 * down <= known else { return .down }
    return down + degraded > 0 ? .degraded : .up
  }
}
