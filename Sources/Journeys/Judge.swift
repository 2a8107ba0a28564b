import Expressions
import Model
import Scenarios

/// Turns what was seen into what is held of it. Pure: the same facts always give the same verdict.
struct Judge {
  /// What is held of one exchange.
  struct Judgement {
    var verdict: Verdict
    var reason: Reason?
    var expectations: [ExpectationResult]
    /// Whether every `until` held; true without one.
    var isSettled: Bool
  }

  let step: Step

  /// Judges one exchange.
  ///
  /// - Parameters:
  ///   - observation: what was seen.
  ///   - spec: what was asked.
  ///   - bindings: the names that the expectations read.
  func judge(_ observation: Observation, of spec: ProbeSpec, bindings: some Bindings) -> Judgement {
    if let failure = observation.failure, !isLeftToExpectations(failure, in: observation.facts) {
      let reason = Reason(
        code: failure.code, step: step.name, phase: failure.phase,
        message: step.isSensitive ? failure.message : failure.words)
      return Judgement(verdict: failure.code.verdict, reason: reason, expectations: [], isSettled: false)
    }
    var results: [ExpectationResult] = []
    var firstFailed: (kind: ExpectationResult.Kind, reason: Reason)?
    var isSettled = true
    for expectation in step.expectations where expectation.applies(to: spec) {
      let failure = judge(expectation, bindings: bindings, in: observation.facts)
      if let failure, failure.code.verdict == .unknown {
        // It is not known whether it holds, and that is none of the target's faults, whatever the others say.
        return Judgement(verdict: .unknown, reason: failure, expectations: results, isSettled: false)
      }
      results.append(
        ExpectationResult(
          kind: expectation.kind, source: expectation.source, passed: failure == nil, detail: failure?.message))
      guard let failure else { continue }
      if expectation.kind == .until { isSettled = false }
      if firstFailed.map({ Self.weight(of: expectation.kind) > Self.weight(of: $0.kind) }) ?? true {
        firstFailed = (expectation.kind, failure)
      }
    }
    return Judgement(
      verdict: firstFailed?.reason.code.verdict ?? .up, reason: firstFailed?.reason, expectations: results,
      isSettled: isSettled)
  }

  /// As long as what is waited for has not come, nothing else says more; and what must hold outweighs a warning.
  private static func weight(of kind: ExpectationResult.Kind) -> Int {
    switch kind {
    case .warn: 0
    case .expect: 1
    case .until: 2
    }
  }

  /// A certificate that is not verified is left to expectations that speak of it, where it is the target's own and they can
  /// see it; all other failures stand.
  private func isLeftToExpectations(_ failure: ProbeFailure, in facts: Facts) -> Bool {
    failure.code == .certificateInvalid && facts.tls != nil && step.speaksOfVerification
  }

  /// Nil when the expectation holds.
  private func judge(_ expectation: Expectation, bindings: some Bindings, in facts: Facts) -> Reason? {
    let range: Range<Int>?
    do {
      if try expectation.expression.evaluate(bindings).isTrue { return nil }
      range = nil
    } catch {
      switch error.code {
      case .variable:
        return Reason(
          code: .templateFailed, step: step.name, message: error.message, excerpt: expectation.excerpt(of: error.range))
      case .cancelled:
        return Reason(code: .cancelled, step: step.name, message: "the run was cancelled while it was judged")
      default: range = error.range
      }
    }
    let summary = expectation.expression.explain(bindings).summary
    return Reason(
      code: code(of: expectation, facts), step: step.name,
      message: step.isSensitive ? "\(expectation.source) does not hold" : summary,
      excerpt: expectation.excerpt(of: range))
  }

  private func code(of expectation: Expectation, _ facts: Facts) -> ReasonCode {
    if expectation.kind == .warn { return .warning }
    if expectation.isDefault, case .exec = facts.detail { return .exitCode }
    return .expectationFailed
  }
}
