package import Model

/// Tells a target that fails from a node that lost its network, by references that were tried around the failing run: pure.
package enum ReferenceJudge {
  /// The reasons that a lost network gives too. Others came from a target that answered.
  package static let networkReasons: Set<ReasonCode> = [
    .resolveFailed, .connectRefused, .connectFailed, .tlsFailed, .timeout,
  ]

  /// Whether references are to be tried for a run.
  package static func isInDoubt(_ run: Run) -> Bool {
    guard run.verdict == .down, let code = run.reason?.code else { return false }
    return networkReasons.contains(code)
  }

  /// Whether more than half of the references failed too.
  package static func isSick(_ answers: [Bool]) -> Bool {
    answers.count { !$0 } * 2 > answers.count
  }

  /// The run as it is recorded: where the node is sick, nothing is held against its target.
  ///
  /// - Parameter answers: whether each of the references answered.
  package static func judged(_ run: Run, by answers: [Bool]) -> Run {
    guard isInDoubt(run), isSick(answers) else { return run }
    var run = run
    let failed = answers.count { !$0 }
    let words = run.reason.map { "; the run saw: \($0.message)" } ?? ""
    run.verdict = .unknown
    run.reason = Reason(
      code: .nodeSick, step: run.reason?.step, phase: run.reason?.phase,
      message: "\(failed) of \(answers.count) references do not answer this node either\(words)")
    return run
  }
}
