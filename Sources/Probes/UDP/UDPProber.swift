package import Model
import Transport

/// Sends datagrams and looks at those that come back (RFC 768).
///
/// What is sent goes out once and as it is, as one datagram; each that comes back is a line of a dialogue. That nothing comes
/// back is a failure only where something is waited for: a datagram alone proves no more than that no machine on the way has
/// refused it at once.
package struct UDPProber: Sendable {
  private let equipment: ProbeEquipment

  /// A prober over the process's equipment.
  package init(_ equipment: ProbeEquipment) {
    self.equipment = equipment
  }

  /// Makes one exchange.
  package func probe(_ spec: UDPSpec, in context: ProbeContext) async -> Observation {
    let equipment = equipment
    return await equipment.loops.currentOrNext.actor.perform(within: context.timeout) { _, deadline in
      var exchange = UDPExchange(spec, equipment: equipment, policy: context.policy, deadline: deadline)
      return await exchange.run()
    }
  }
}
