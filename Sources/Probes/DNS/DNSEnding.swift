import Glibc
import Model
import Transport

/// What ended a DNS exchange early.
struct DNSEnding: Error {
  /// How the probe reports it.
  let failure: ProbeFailure
  /// Whether the next address or server may do better.
  let isWorthAnother: Bool

  /// - Parameter isWorthAnother: by default after failures of the way to the server.
  init(_ failure: ProbeFailure, isWorthAnother: Bool? = nil) {
    self.failure = failure
    self.isWorthAnother = isWorthAnother ?? (failure.code == .connectRefused || failure.code == .connectFailed)
  }

  init(_ code: ReasonCode, during phase: Phase, _ message: String) {
    self.init(ProbeFailure(code, during: phase, message))
  }

  /// - Parameters:
  ///   - peer: whom the message speaks of.
  ///   - strayCount: how many messages were passed over because they answered something else.
  ///   - start: when this server's turn began, in nanoseconds of `EventLoop.now`.
  ///   - deadline: that of the whole exchange.
  init(
    _ failure: DNSExchangeFailure, during phase: Phase, peer: String, strayCount: Int, since start: Int64,
    deadline: Deadline
  ) {
    switch failure {
    case .malformed(let malformation):
      self.init(.protocolError, during: phase, "the answer of \(peer) cannot be read: \(malformation)")
    case .datagram(.socket(let fault)): self.init(fault, during: phase, peer: peer)
    case .stream(.wait(.cancelled)), .datagram(.wait(.cancelled)):
      self.init(.cancelled, during: phase, "the run was cancelled")
    case .stream(.wait(.deadline)), .datagram(.wait(.deadline)):
      let isOver = deadline.isOver != nil
      let time = Words.duration(.nanoseconds((isOver ? deadline.end : EventLoop.now) - start))
      let what = phase == .connect ? "no connection to" : phase == .tls ? "no TLS handshake with" : "no answer from"
      let strays =
        switch strayCount {
        case 0: ""
        case 1: "; 1 message with another id or question was passed over"
        default: "; \(strayCount) messages with another id or question were passed over"
        }
      // What ended may have been the patience with one of several servers.
      self.init(
        ProbeFailure(.timeout, during: phase, "\(what) \(peer) within \(time)\(strays)"),
        isWorthAnother: !isOver)
    case .stream(let failure): self.init(failure.probeFailure(during: phase, late: ""))
    }
  }

  private init(_ fault: TransportFault, during phase: Phase, peer: String) {
    switch fault.errno {
    case ECONNREFUSED:
      self.init(.connectRefused, during: phase, "\(peer) refused the question: nobody listens there")
    case _ where fault.isOurs:
      self.init(.internal, during: phase, "\(peer) could not be asked: \(fault)")
    default:
      self.init(.connectFailed, during: phase, "\(peer) cannot be reached: \(SystemError.words(fault.errno))")
    }
  }
}
