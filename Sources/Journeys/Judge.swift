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

  private let name: String
  private let written: [Expectation]
  private let isSensitive: Bool
  private let speaksOfVerification: Bool

  /// A judge of the exchanges of one step.
  init(_ probe: Step, of step: JourneyStep) {
    name = step.name
    written = probe.expectations
    isSensitive = step.isSensitive
    speaksOfVerification = probe.speaksOfVerification
  }

  /// A judge of what is known without an exchange.
  init(_ expectations: [Expectation], of step: JourneyStep) {
    name = step.name
    written = expectations
    isSensitive = step.isSensitive
    speaksOfVerification = false
  }

  /// Whether expectations decide over what was seen: not over an exchange that did not go through.
  func decides(over observation: Observation) -> Bool {
    observation.failure.map { isLeftToExpectations($0, in: observation.facts) } ?? true
  }

  /// Judges one exchange.
  ///
  /// - Parameters:
  ///   - observation: what was seen.
  ///   - spec: what was asked.
  ///   - bindings: the names that the expectations read.
  func judge(_ observation: Observation, of spec: ProbeSpec, bindings: some Bindings) -> Judgement {
    if let failure = observation.failure, !isLeftToExpectations(failure, in: observation.facts) {
      let reason = Reason(
        code: failure.code, step: name, phase: failure.phase, message: isSensitive ? failure.message : failure.words)
      return Judgement(verdict: failure.code.verdict, reason: reason, expectations: [], isSettled: false)
    }
    return judge(bindings, of: spec, isProgram: observation.facts.detail.isProgram)
  }

  /// Judges what is known without an exchange.
  func judge(_ bindings: some Bindings) -> Judgement {
    judge(bindings, of: nil, isProgram: false)
  }

  private func judge(_ bindings: some Bindings, of spec: ProbeSpec?, isProgram: Bool) -> Judgement {
    var results: [ExpectationResult] = []
    var firstFailed: (kind: ExpectationResult.Kind, reason: Reason)?
    var isSettled = true
    for expectation in written where spec.map(expectation.applies) ?? true {
      let failure = judge(expectation, bindings: bindings, isProgram: isProgram)
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
    failure.code == .certificateInvalid && facts.tls != nil && speaksOfVerification
  }

  /// Nil when the expectation holds.
  private func judge(_ expectation: Expectation, bindings: some Bindings, isProgram: Bool) -> Reason? {
    let range: Range<Int>?
    do {
      if try expectation.expression.evaluate(bindings).isTrue { return nil }
      range = nil
    } catch {
      switch error.code {
      case .variable:
        return Reason(
          code: .templateFailed, step: name, message: error.message, excerpt: expectation.excerpt(of: error.range))
      case .cancelled:
        return Reason(code: .cancelled, step: name, message: "the run was cancelled while it was judged")
      default: range = error.range
      }
    }
    let message =
      isSensitive
      ? "\(expectation.source) does not hold" : expectation.expression.explain(bindings).summary
    return Reason(
      code: code(of: expectation, isProgram: isProgram), step: name, message: message,
      excerpt: expectation.excerpt(of: range))
  }

  private func code(of expectation: Expectation, isProgram: Bool) -> ReasonCode {
    if expectation.kind == .warn { return .warning }
    return expectation.isDefault && isProgram ? .exitCode : .expectationFailed
  }
}

extension Facts.Detail {
  /// Whether a program was run.
  fileprivate var isProgram: Bool {
    if case .exec = self { true } else { false }
  }
}
