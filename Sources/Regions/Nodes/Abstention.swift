package import Model

/// What a run of a quarantined node is stored as: `unknown`, because nobody believes the node. What it saw is said in the
/// reason's words and read back from there, because only so can be seen that the node is well again.
package enum Abstention {
  private static let opening = "not believed: saw "

  /// A run of a node that is quarantined, as it is stored and voted with. One that is `unknown` already says why itself.
  package static func abstaining(_ run: HistoryRun, quarantine: Quarantine) -> HistoryRun {
    guard run.verdict != .unknown else { return run }
    var abstaining = run
    abstaining.verdict = .unknown
    abstaining.reason = HistoryReason(
      code: .nodeSick, step: run.reason?.step, phase: run.reason?.phase,
      message: "\(opening)\(run.verdict.rawValue), but \(quarantine.reason)", location: run.reason?.location)
    return abstaining
  }

  /// What the node saw that said this; nil for any other reason.
  package static func seen(_ reason: HistoryReason?) -> Verdict? {
    guard let reason, reason.code == .nodeSick, reason.message.hasPrefix(opening) else { return nil }
    return Verdict(rawValue: String(reason.message.dropFirst(opening.count).prefix { $0 != "," }))
  }
}
