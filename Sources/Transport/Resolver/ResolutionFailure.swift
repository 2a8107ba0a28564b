package import Model

/// Why a name gave no address.
package struct ResolutionFailure: Error, Hashable, Sendable {
  /// What kind of failure it is.
  package enum Kind: Hashable, Sendable {
    /// The name does not exist, or has no address of the family that was asked for.
    case notFound
    /// No name server gave a usable answer.
    case noAnswer
    /// The exchange's deadline came first.
    case deadline
    /// The task was cancelled.
    case cancelled
    /// A fault of ours or of this machine.
    case fault
    /// The policy of the service does not let the target be probed.
    case refused
  }

  /// What kind of failure it is.
  package var kind: Kind
  /// One line in words: "no such name: shop.example (NXDOMAIN from 127.0.0.53:53)".
  package var message: String

  /// A failure with everything said.
  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// How a probe that needed the name reports it.
  package var probeFailure: ProbeFailure {
    let code: ReasonCode =
      switch kind {
      case .notFound, .noAnswer: .resolveFailed
      case .deadline: .timeout
      case .cancelled: .cancelled
      case .fault: .internal
      case .refused: .notPermitted
      }
    return ProbeFailure(code, during: .resolve, message)
  }
}
