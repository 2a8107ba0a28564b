import Fleet
import FoundationEssentials
import Hub
import Model
import Synchronization
import TestSupport

/// A replica's desk over a store in memory, with clocks that are turned by hand.
struct DeskRig {
  let time: ManualTime
  let store: MemoryFleetStore
  let view: FleetView
  let supply: FixedSupply
  let desk: HubDesk
  let pass = NodePass(name: "eu", proof: .commonName("eu"), region: "eu-west")

  /// - Parameter store: another replica's, to share it.
  init(over other: DeskRig? = nil) {
    time = other?.time ?? ManualTime()
    store = other?.store ?? MemoryFleetStore(time: time)
    view = FleetView(store: store, time: time)
    supply = FixedSupply()
    desk = HubDesk(store: store, view: view, supply: supply, time: time)
  }

  var node: NodeDescription {
    NodeDescription(name: "probe-1", region: "eu-west", labels: ["provider": "a"], version: "1.0", spool: 7)
  }

  func registered() async throws -> DeskRig {
    _ = try await desk.register(Self.json(Registration(node)), by: pass)
    try await view.refresh()
    return self
  }

  /// A run of `shop` in a slot, counted from the current one.
  func run(slot offset: Int64 = 0, check: String = "shop", _ change: (inout FleetRun) -> Void = { _ in }) -> FleetRun {
    let check = CheckID(check) ?? FixedSupply.shop.id
    let grid = SlotGrid(check: check, interval: .seconds(60))
    let slot = grid.slot(number: grid.slot(at: time.now).number + offset)
    let start = Timestamp(millisecondsSinceEpoch: slot.start.millisecondsSinceEpoch)
    var run = FleetRun(
      run: HistoryRun(
        check: check, region: "eu-west", node: "probe-1", slotStart: start, interval: .seconds(60),
        duration: .milliseconds(20), verdict: .up), configuration: supply.plan.configuration, epoch: 0)
    change(&run)
    return run
  }

  func batch(_ runs: [FleetRun], first: Int64 = 1, oldest: Int64 = 1) -> SpoolBatch {
    SpoolBatch(node: "probe-1", region: "eu-west", spool: 7, first: first, oldest: oldest, runs: runs)
  }

  func send(_ batch: SpoolBatch) async throws -> BatchReply {
    try Self.read(BatchReply.self, try await desk.ingest(RunCoding.encode(batch), by: pass))
  }

  func question(wait: Duration = .zero, configuration: Int64 = 0, epoch: Int64 = 0) -> WorkQuestion {
    WorkQuestion(
      node: "probe-1", region: "eu-west", configuration: configuration, epoch: epoch, values: "", opinion: 0,
      wait: wait.nanoseconds / 1_000_000)
  }

  func work(_ question: WorkQuestion) async throws -> WorkReply {
    try Self.read(WorkReply.self, try await desk.work(Self.json(question), by: pass))
  }

  static func json(_ message: some Encodable) throws -> [UInt8] { Array(try JSONEncoder().encode(message)) }

  static func read<Message: Decodable>(_ type: Message.Type, _ bytes: [UInt8]) throws -> Message {
    try JSONDecoder().decode(type, from: Data(bytes))
  }
}

/// Gives every node the same.
final class FixedSupply: WorkSupply {
  static let shop = check("shop")

  static func check(_ id: String, regions: [String]? = nil) -> Check {
    Check(
      id: CheckID(id) ?? shop.id, kind: .http, interval: .seconds(60), regions: regions,
      location: SourceLocation(file: "a.yaml", line: 1, column: 1))
  }

  private struct State {
    var plan = HubPlan([FixedSupply.shop, FixedSupply.check("elsewhere", regions: ["us-east"])], configuration: 3)
    var change: ConfigurationChange?
    var values = SuppliedValues()
  }
  private let state = Mutex(State())

  var plan: HubPlan { state.withLock { $0.plan } }

  func put(_ plan: HubPlan) { state.withLock { $0.plan = plan } }

  func offer(_ change: ConfigurationChange) { state.withLock { $0.change = change } }

  func change(since version: Int64, digest: String?, asked: Duration) -> ConfigurationChange? {
    state.withLock { $0.change.flatMap { $0.version == version && digest ?? $0.digest == $0.digest ? nil : $0 } }
  }

  func values(
    for node: String, in region: String, memberships: [Membership], opinions: [CheckID]
  ) -> SuppliedValues { state.withLock { $0.values } }
}
