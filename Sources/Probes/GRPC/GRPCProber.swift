package import Model
import Transport

/// Asks a gRPC server's health service whether it serves (grpc.health.v1, `Health/Check`), over HTTP/2.
///
/// What the server says is a fact, whatever its code: only what keeps it from saying anything is a failure.
package struct GRPCProber: Sendable {
  private let equipment: ProbeEquipment

  /// A prober with the equipment of its process.
  package init(_ equipment: ProbeEquipment) {
    self.equipment = equipment
  }

  /// Makes one call, on a connection of its own.
  package func probe(_ spec: GRPCSpec, in context: ProbeContext) async -> Observation {
    await equipment.loops.currentOrNext.actor.perform(within: context.timeout) { [equipment] _, deadline in
      var call = GRPCCall(spec, context: context, equipment: equipment, deadline: deadline)
      return await call.run()
    }
  }
}
