import Glibc
package import Model
import Transport

/// Sends echo requests and counts what comes back (RFC 792, RFC 4443).
///
/// The phase `connect` is the opening of the socket, `wait` goes from the first packet to the last answer. Who answered some
/// packets is not failed here, whatever was lost: that is for expectations over `loss` and `received`.
package struct ICMPProber: Sendable {
  private let equipment: ProbeEquipment

  /// A prober over the process's equipment.
  package init(_ equipment: ProbeEquipment) {
    self.equipment = equipment
  }

  /// Makes one exchange with the host.
  package func probe(_ spec: ICMPSpec, in context: ProbeContext) async -> Observation {
    let equipment = equipment
    return await equipment.loops.currentOrNext.actor.perform(within: context.timeout) { _, deadline in
      var exchange = ICMPExchange(spec, equipment: equipment, policy: context.policy, deadline: deadline)
      return await exchange.run()
    }
  }
}
