package import Model
import Transport

/// Connects to a port, perhaps begins TLS, perhaps talks.
package struct TCPProber: Sendable {
  private let equipment: ProbeEquipment

  /// A prober with the equipment of its process.
  package init(_ equipment: ProbeEquipment) {
    self.equipment = equipment
  }

  /// Makes one exchange.
  package func probe(_ spec: TCPSpec, in context: ProbeContext) async -> Observation {
    await equipment.loops.currentOrNext.actor.perform(within: context.timeout) { [equipment] _, deadline in
      let session = StreamSession(
        to: spec.target.description, equipment: equipment, context: context, deadline: deadline)
      return await StreamSession.observe(session, detail: { .socket($0) }) { (session) throws(StreamSession.Stop) in
        // A dialogue may begin TLS without options of its own, and then takes the usual ones.
        let options = spec.tls ?? TLSOptions()
        let settings = spec.usesTLS ? try session.settings(for: options, in: context) : nil
        try await session.connect(
          to: spec.target, family: spec.family, from: spec.sourceIP, through: spec.proxy)
        if let protocolName = spec.startTLS {
          try await session.startTLS(protocolName, host: options.serverName ?? spec.target.host)
        }
        if let settings, spec.startsSecure {
          try await session.secure(settings, options: options, host: spec.target.host)
        }
        var exchange = StreamExchange(session) { () throws(StreamSession.Stop) in
          guard let settings else { throw session.stop(.internal, "TLS was not prepared") }
          try await session.secure(settings, options: options, host: spec.target.host)
        }
        try await exchange.run(spec.exchange)
      }
    }
  }
}

extension TCPSpec {
  /// Whether TLS begins before the exchange.
  fileprivate var startsSecure: Bool {
    startTLS != nil || tls != nil && !exchange.beginsTLS
  }

  fileprivate var usesTLS: Bool { startTLS != nil || tls != nil || exchange.beginsTLS }
}

extension SocketExchange {
  /// Whether a dialogue begins TLS in the middle. Then `tls` says how, and not that it is there from the start.
  var beginsTLS: Bool {
    if case .dialogue(let steps) = self { steps.contains(.startTLS) } else { false }
  }
}
