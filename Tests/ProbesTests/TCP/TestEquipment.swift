import Probes
import Transport

extension ProbeEquipment {
  /// What the socket tests of one process share, as the probers of one process do.
  static func forTests() throws -> ProbeEquipment { try shared.get() }

  private static let shared = Result { ProbeEquipment(loops: try EventLoops(), resolver: Resolver()) }
}
