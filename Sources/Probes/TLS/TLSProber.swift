package import Model
import Transport

/// Shakes hands and tells what TLS shows: certificates, protocol, cipher.
package struct TLSProber: Sendable {
  private let equipment: ProbeEquipment

  /// A prober with the equipment of its process.
  package init(_ equipment: ProbeEquipment) {
    self.equipment = equipment
  }

  /// Makes one handshake.
  package func probe(_ spec: TLSSpec, in context: ProbeContext) async -> Observation {
    await equipment.loops.currentOrNext.actor.perform(within: context.timeout) { [equipment] _, deadline in
      let session = StreamSession(
        to: spec.target.description, equipment: equipment, context: context, deadline: deadline)
      return await StreamSession.observe(session, detail: { _ in .tls }) { (session) throws(StreamSession.Stop) in
        let settings = try session.settings(for: spec.tls, in: context)
        try await session.connect(to: spec.target, family: spec.family, from: nil)
        if let protocolName = spec.startTLS {
          try await session.startTLS(protocolName, host: spec.tls.serverName ?? spec.target.host)
        }
        try await session.secure(settings, options: spec.tls, host: spec.target.host)
        try await session.awaitVerdict()
      }
    }
  }
}
