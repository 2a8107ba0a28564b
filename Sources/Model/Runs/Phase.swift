/// The parts of one exchange, in the order in which they happen.
package enum Phase: String, Hashable, Sendable, CaseIterable {
  /// From the name to the address.
  case resolve
  /// Until the transport connection stands, proxies included.
  case connect
  /// The TLS handshake, including the plain words of STARTTLS before it.
  case tls
  /// From the first byte sent to the first byte of the answer.
  case wait
  /// From the first to the last byte of the answer.
  case receive
}

/// How long each phase took. Together they are the elapsed time: nothing is left over and nothing counts twice.
package struct Phases: Hashable, Sendable {
  package var resolve: Duration
  package var connect: Duration
  package var tls: Duration
  package var wait: Duration
  package var receive: Duration

  /// Phases that have not happened are zero.
  package init(
    resolve: Duration = .zero, connect: Duration = .zero, tls: Duration = .zero, wait: Duration = .zero,
    receive: Duration = .zero
  ) {
    self.resolve = resolve
    self.connect = connect
    self.tls = tls
    self.wait = wait
    self.receive = receive
  }

  /// One phase by its name.
  package subscript(_ phase: Phase) -> Duration {
    get {
      switch phase {
      case .resolve: resolve
      case .connect: connect
      case .tls: tls
      case .wait: wait
      case .receive: receive
      }
    }
    set {
      switch phase {
      case .resolve: resolve = newValue
      case .connect: connect = newValue
      case .tls: tls = newValue
      case .wait: wait = newValue
      case .receive: receive = newValue
      }
    }
  }

  /// All phases together.
  package var total: Duration { resolve + connect + tls + wait + receive }

  /// The phases of two exchanges after one another, such as the hops of a redirect.
  package static func + (left: Phases, right: Phases) -> Phases {
    Phases(
      resolve: left.resolve + right.resolve, connect: left.connect + right.connect, tls: left.tls + right.tls,
      wait: left.wait + right.wait, receive: left.receive + right.receive)
  }
}
