package import Model

/// Why a connection or an exchange over it came to its end; the sentences are for people and name the peer.
package enum StreamFailure: Error, Hashable {
  /// The deadline or a cancellation came first.
  case wait(WaitFailure)
  /// Nobody listens there.
  case refused(String)
  /// The peer cannot be reached.
  case unreachable(String)
  /// The peer cut the connection with a reset, or went away while we were writing.
  case reset(String)
  /// The peer answered, but not as its protocol has it, or it refused; `quote` is what it said.
  case violation(String, quote: String = "")
  /// TLS failed for another reason than the certificate.
  case tls(String)
  /// The certificate was not verified.
  case certificate(String)
  /// A fault of ours or of this machine.
  case fault(String)
  /// What the user, or a template, wrote cannot be used.
  case unusable(String)

  /// How a probe reports it.
  ///
  /// - Parameters:
  ///   - phase: what was under way.
  ///   - late: the sentence for a deadline that passed.
  package func probeFailure(during phase: Phase, late: @autoclosure () -> String) -> ProbeFailure {
    switch self {
    case .wait(.deadline): ProbeFailure(.timeout, during: phase, late())
    case .wait(.cancelled): ProbeFailure(.cancelled, during: phase, "the run was cancelled")
    case .refused(let message): ProbeFailure(.connectRefused, during: phase, message)
    case .unreachable(let message): ProbeFailure(.connectFailed, during: phase, message)
    case .reset(let message): ProbeFailure(.protocolError, during: phase, message)
    case .violation(let message, let quote): ProbeFailure(.protocolError, during: phase, message, quote: quote)
    case .tls(let message): ProbeFailure(.tlsFailed, during: phase, message)
    case .certificate(let message): ProbeFailure(.certificateInvalid, during: phase, message)
    case .fault(let message): ProbeFailure(.internal, during: phase, message)
    case .unusable(let message): ProbeFailure(.templateFailed, during: phase, message)
    }
  }
}
