import Model
import Regions

/// A replica of the hub: what it holds in memory, which may be lost at any moment.
struct SimulatedHub {
  let number: Int
  var isAlive = true
  /// A process that stands still, and does not know.
  var isFrozen = false
  /// How often it was started: each start is another holder of leases.
  var life = 0
  var elections: ElectionMachine?
  var electionToken: Int64 = 0
  var memberships: MembershipMachine?
  var membershipToken: Int64 = 0
  var regions: [FleetRegion] = []
  /// What it wants to settle, in the life that it began in.
  var pending: Settling?
  /// When it will look next.
  var nextStep: Timestamp?

  struct Settling {
    let batches: Set<Int64>
    let decisions: [SlotDecision]
    let lease: SingletonLease
  }

  var holder: String { "hub-\(number)-\(life)" }

  init(_ number: Int) {
    self.number = number
  }

  mutating func forget() {
    elections = nil
    memberships = nil
    pending = nil
    nextStep = nil
  }
}
