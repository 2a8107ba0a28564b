import Model
import Regions

/// A replica of the hub: what it holds in memory, which may be lost at any moment.
struct SimulatedHub {
  let number: Int
  var isAlive = true
  /// A process that stands still, and does not know.
  var isFrozen = false
  /// Since when it, or the store that it needs, stands still, until it found out what became of its leases.
  var stoodSince: Timestamp?
  /// How often it was started: each start is another holder of leases.
  var life = 0
  /// The leases that it holds, as far as it knows.
  var leases: [Singleton: SingletonLease] = [:]
  /// A lease that it had to let go is not asked for before this.
  var patience: [Singleton: Timestamp] = [:]
  /// What it decides with, while it leads.
  var elections: ElectionMachine?
  /// What it assigns with, while it leads.
  var memberships: MembershipMachine?
  var health: NodeHealthMachine?
  var regions: [FleetRegion] = []
  /// What it followed of the feed, and how far.
  var memory: [CheckID: SlotDecision] = [:]
  var followed = 0
  /// What it wants to settle, in the life that it began in.
  var pending: Settling?
  /// What it wants to put in force.
  var orders: Orders?
  /// When it will look next.
  var nextStep: Timestamp?

  struct Settling {
    let batches: Set<Int64>
    let decisions: [SlotDecision]
    let lease: SingletonLease
    /// Whether the store did it already, and only the replica does not know.
    var isDone = false
  }

  struct Orders {
    let memberships: [Membership]
    let actions: [NodeHealthMachine.Action]
    let lease: SingletonLease
  }

  var holder: String { "hub-\(number)-\(life)" }

  init(_ number: Int, life: Int = 0) {
    self.number = number
    self.life = life
  }

  mutating func forget() {
    self = SimulatedHub(number, life: life)
  }

  /// Takes in what the feed says.
  mutating func remember(_ decisions: [SlotDecision]) {
    for decision in decisions where !decision.isLate {
      if let known = memory[decision.check], known.slot.start > decision.slot.start { continue }
      memory[decision.check] = decision
    }
  }
}
