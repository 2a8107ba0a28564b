import Hub
import Model
import Synchronization
import TestSupport

/// Regions with a node each, and replicas that decide by their votes.
struct FleetRig {
  let rig = DeskRig()
  let told = Told()
  var time: ManualTime { rig.time }
  var store: MemoryFleetStore { rig.store }

  /// - Parameter regions: each has a node named after it.
  init(_ regions: [String]) async throws {
    for region in regions {
      _ = try await store.register(
        NodeDescription(name: "node-\(region)", region: region, labels: ["provider": region], version: "1", spool: 1))
    }
    // What is planned now is expected a little later.
    time.advance(by: .seconds(60))
    try await beat(regions)
  }

  func beat(_ regions: [String]) async throws {
    for region in regions { _ = try await store.keep(NodeBeat(node: "node-\(region)", region: region)) }
  }

  /// For how long a node has been silent, as its membership says.
  func silence(of node: String, in region: String) -> Duration {
    store.current.memberships[region]?.members.first { $0.node == node }?.silence ?? .zero
  }

  /// The slot of `shop` that lies now.
  var slot: Slot { FixedSupply.shop.grid.slot(at: time.now) }

  /// A run of `shop` by a region's node.
  func run(_ verdict: Verdict, in region: String, slot: Slot, isOpinion: Bool = false) -> FleetRun {
    FleetRun(
      run: HistoryRun(
        check: FixedSupply.shop.id, region: region, node: "node-\(region)",
        slotStart: Timestamp(millisecondsSinceEpoch: slot.start.millisecondsSinceEpoch), interval: slot.interval,
        duration: .milliseconds(10), verdict: verdict,
        reason: verdict == .down ? HistoryReason(code: .timeout, message: "no answer in 10 s") : nil),
      origin: isOpinion ? .opinion : .scheduled, configuration: 3, epoch: 1)
  }

  /// A run of a region's node arrives.
  func vote(
    _ verdict: Verdict, in region: String, slot: Slot, isOpinion: Bool = false, number: Int64? = nil
  ) async throws {
    let node = "node-\(region)"
    let known = store.current.nodes[node]?.progress.acknowledged ?? 0
    let run = run(verdict, in: region, slot: slot, isOpinion: isOpinion)
    _ = try await store.ingest(
      SpoolBatch(node: node, region: region, spool: 1, first: number ?? known + 1, oldest: 1, runs: [run]))
  }

  /// A replica that leads until its task is cancelled.
  ///
  /// - Parameter history: over the same store.
  func leader(
    _ holder: String, history: MemoryHistory? = nil, onError: @escaping @Sendable (String) -> Void = { _ in }
  ) -> Task<Void, Never> {
    let view = FleetView(store: store, time: time)
    let decider = Decider(
      store: store, history: history ?? MemoryHistory(store: store), view: view, supply: rig.supply,
      memory: DecisionMemory(), time: time, onError: onError)
    return Task {
      await LeaseKeeper(store: store, holder: holder, time: time).hold(.deciding) { lease in
        try await decider.lead(under: lease) { decisions in
          // Nobody is told of what is not settled.
          let settled = Set(store.current.settled)
          told.add(decisions.filter { settled.contains($0) }, by: holder)
        }
      }
    }
  }

  /// Lets time pass until something holds, for a bounded time.
  func until(within limit: Duration = .seconds(30), _ condition: () -> Bool) async -> Bool {
    let end = time.uptime + limit
    while !condition() {
      guard time.uptime < end else { return false }
      await time.sleepers()
      time.advance(by: .milliseconds(50))
      for _ in 0..<20 { await Task.yield() }
    }
    return true
  }
}

/// What leaders told of.
final class Told: Sendable {
  private let decisions = Mutex<[(SlotDecision, String)]>([])

  var all: [SlotDecision] { decisions.withLock { $0.map(\.0) } }
  var holders: [String] { decisions.withLock { $0.map(\.1) } }

  func add(_ more: [SlotDecision], by holder: String) {
    decisions.withLock { $0 += more.map { ($0, holder) } }
  }
}
