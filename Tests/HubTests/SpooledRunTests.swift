import Agent
import Fleet
import Foundation
import Hub
import Model
import TestSupport
import Testing
import Transport

/// What a node spools, as a hub takes it: both are the real ones, but for the wire between them.
@Suite struct SpooledRunTests {
  /// A node's sink over a spool, in a folder that is gone with the test.
  private final class Node {
    let plan = WorkPlan(node: "probe-1", region: "eu-west")
    let spooler: RunSpooler
    private let keeper: SpoolKeeper
    private let loop: EventLoop
    private let folder: String

    init(of rig: DeskRig) throws {
      folder = NSTemporaryDirectory() + "curlew-spooled-\(UUID().uuidString)"
      loop = try EventLoop(name: "spooled-runs")
      keeper = SpoolKeeper(try Spool(at: folder, identity: 7), on: loop, time: rig.time)
      spooler = RunSpooler(keeper, plan: plan)
      plan.configure(version: 3, checks: [FixedSupply.shop])
      plan.follow([
        Membership(
          region: "eu-west", epoch: 1, since: rig.time.now - .hours(48), members: [Membership.Member(node: "probe-1")])
      ])
    }

    deinit {
      loop.stop()
      try? FileManager.default.removeItem(atPath: folder)
    }

    func run(in slot: Slot) throws {
      try #require(plan.begin(FixedSupply.shop.id, slotStart: slot.start))
      spooler.record(
        Run(
          check: FixedSupply.shop.id, region: "eu-west", node: "probe-1", slot: slot, started: slot.start,
          duration: .milliseconds(20), verdict: .up, traceID: "0af7651916cd43dd8448eb211c80319c"))
    }

    /// Everything that is spooled, as it is sent.
    func batch(of rig: DeskRig) async throws -> SpoolBatch {
      _ = await keeper.write()
      let read = try await keeper.read(from: 1, limit: 1_000)
      let (first, oldest, runs) = try #require(read)
      return rig.batch(runs, first: first, oldest: oldest)
    }
  }

  @Test func `slots that were missed in planned work are stored between runs`() async throws {
    let rig = try await DeskRig().registered()
    let node = try Node(of: rig)
    let grid = FixedSupply.shop.grid
    let slot = grid.slot(number: grid.slot(at: rig.time.now).number - 3)
    try node.run(in: slot)
    node.spooler.record(
      MissedSlots(
        check: FixedSupply.shop.id, grid: grid, numbers: (slot.number + 1)...(slot.number + 2), cause: .late,
        isInMaintenance: true), in: "eu-west")
    try node.run(in: grid.slot(number: slot.number + 3))
    let reply = try await rig.send(try await node.batch(of: rig))
    #expect(reply.acknowledged == 4 && reply.added == 4)
    #expect(rig.store.current.runs.values.count { $0.isInMaintenance && $0.attempts == 0 } == 2)
  }
}
