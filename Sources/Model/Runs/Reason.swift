/// Why a verdict is not `up`: a closed set, the same in the terminal, in metrics and in history.
package enum ReasonCode: String, Hashable, Sendable, CaseIterable {
  // Degraded.
  case warning, retried
  /// Some regions see it down, and too few for a quorum.
  case regional
  // Down.
  /// A quorum of regions sees it down.
  case quorum
  case expectationFailed = "expectation_failed"
  case captureFailed = "capture_failed"
  case resolveFailed = "resolve_failed"
  case connectRefused = "connect_refused"
  case connectFailed = "connect_failed"
  case tlsFailed = "tls_failed"
  case certificateInvalid = "certificate_invalid"
  case timeout
  case protocolError = "protocol_error"
  case bodyTooLarge = "body_too_large"
  case tooManyRedirects = "too_many_redirects"
  case exitCode = "exit_code"
  case heartbeatMissed = "heartbeat_missed"
  case heartbeatFailed = "heartbeat_failed"
  // Unknown.
  case templateFailed = "template_failed"
  case `internal`
  case nodeOffline = "node_offline"
  /// The node that ran it fails what it should not: its references, or what all other nodes pass.
  case nodeSick = "node_sick"
  /// Too few regions voted.
  case blind
  case cancelled
  case notPermitted = "not_permitted"

  /// The verdict that this reason gives.
  package var verdict: Verdict {
    switch self {
    case .warning, .retried, .regional: .degraded
    case .templateFailed, .internal, .nodeOffline, .nodeSick, .blind, .cancelled, .notPermitted: .unknown
    default: .down
    }
  }
}

/// The reason of one run, with everything needed to understand it without looking elsewhere.
package struct Reason: Hashable, Sendable {
  /// Which of the closed set.
  package var code: ReasonCode
  /// The step it happened in.
  package var step: String?
  /// The phase that was under way, for `timeout`.
  package var phase: Phase?
  /// One line in words: "status is 503, expected 201".
  package var message: String
  /// The expression as written, with its place, where an expression decided.
  package var excerpt: SourceExcerpt?

  /// A reason with everything said.
  package init(
    code: ReasonCode, step: String? = nil, phase: Phase? = nil, message: String, excerpt: SourceExcerpt? = nil
  ) {
    self.code = code
    self.step = step
    self.phase = phase
    self.message = message
    self.excerpt = excerpt
  }
}
