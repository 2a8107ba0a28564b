import Agent
import Model
import Synchronization
import TestSupport
import Testing
import Transport

@Suite("Work plan")
struct WorkPlanTests {
  private static let now = Timestamp(secondsSinceEpoch: 1_767_225_600)

  private static func checks(_ count: Int) throws -> [Check] {
    try (0..<count).map { number in
      Check(
        id: try #require(CheckID("check-\(number)")), kind: .http,
        location: SourceLocation(file: "shop.yaml", line: 1, column: 1))
    }
  }

  private static func membership(_ epoch: Int64, since: Timestamp, _ nodes: [String]) -> Membership {
    Membership(region: "eu", epoch: epoch, since: since, members: nodes.map { Membership.Member(node: $0) })
  }

  @Test("Two nodes divide all checks between them, and each slot is run by one of them around a change")
  func handOver() throws {
    let checks = try Self.checks(200)
    let change = Self.now + .seconds(30)
    let plans = ["a", "b", "c"].map { node in
      let plan = WorkPlan(node: node, region: "eu")
      plan.configure(version: 7, checks: checks)
      plan.follow([
        Self.membership(1, since: Self.now - .hours(1), ["a", "b"]), Self.membership(2, since: change, ["b", "c"]),
      ])
      return plan
    }
    var moved = 0
    for check in checks {
      for offset in [-60, -1, 0, 1, 60] {
        let tickets = plans.map { $0.ticket(for: check.id, slotStart: change + .seconds(offset)) }
        #expect(tickets.count { $0 != nil } == 1)
        let ticket = try #require(tickets.compactMap { $0 }.first)
        #expect(ticket.configuration == 7 && ticket.epoch == (offset < 0 ? 1 : 2))
      }
      let before = plans.map { $0.ticket(for: check.id, slotStart: change - .nanoseconds(1)) != nil }
      let after = plans.map { $0.ticket(for: check.id, slotStart: change) != nil }
      if before != after { moved += 1 }
      // Who will run it knows it before, and who ran it still does a moment later.
      for (index, plan) in plans.enumerated() where before[index] || after[index] {
        #expect(plan.planned(at: Self.now).contains { $0.id == check.id })
        #expect(plan.planned(at: change + .seconds(1)).contains { $0.id == check.id })
      }
    }
    #expect(moved > 50 && moved < 150)
    #expect(plans.map { $0.count(at: change) }.reduce(0, +) == 200)
    #expect(plans[0].count(at: change) == 0)
    #expect(plans[0].planned(at: change + .hours(1)).isEmpty)
    #expect(plans[0].nextChange(after: change) == change + CheckLease.longest)
  }

  @Test("A membership that is told alone does not make the one before forgotten")
  func overlap() throws {
    let check = try #require(try Self.checks(1).first)
    let plan = WorkPlan(node: "a", region: "eu")
    plan.configure(version: 1, checks: [check])
    plan.follow([Self.membership(1, since: Self.now - .hours(1), ["a"])])
    plan.follow([Self.membership(2, since: Self.now, ["b"])])
    #expect(plan.ticket(for: check.id, slotStart: Self.now - .seconds(1))?.epoch == 1)
    #expect(plan.ticket(for: check.id, slotStart: Self.now) == nil)
    #expect(plan.isHandedOver(at: Self.now))
    #expect(plan.hasOthers)
  }

  @Test("Memberships of a store that begins anew replace those of the old one")
  func newStore() throws {
    let check = try #require(try Self.checks(1).first)
    let plan = WorkPlan(node: "a", region: "eu")
    plan.configure(version: 1, checks: [check])
    plan.follow([Self.membership(50, since: Self.now - .hours(1), ["b"])])
    plan.follow([Self.membership(1, since: Self.now, ["a"])])
    #expect(plan.ticket(for: check.id, slotStart: Self.now)?.epoch == 1)
  }

  @Test("What is of another region, disabled, or not probed is none of the node's")
  func others() throws {
    var checks = try Self.checks(4)
    checks[0].regions = ["us"]
    checks[1].isEnabled = false
    checks[2].kind = .heartbeat
    let plan = WorkPlan(node: "a", region: "eu")
    plan.configure(version: 1, checks: checks)
    plan.follow([
      Self.membership(1, since: Self.now, ["a"]), Membership(region: "us", epoch: 9, since: Self.now, members: []),
    ])
    #expect(plan.planned(at: Self.now).map(\.id) == [checks[3].id])
    #expect(plan.epoch(at: Self.now) == 1)
    plan.setPaused(true)
    #expect(plan.planned(at: Self.now).isEmpty && plan.count(at: Self.now) == 0)
    #expect(plan.ticket(for: checks[3].id, slotStart: Self.now) == nil)
  }

  @Test("Missed slots are counted where they belong")
  func missedSlots() throws {
    let check = try #require(try Self.checks(1).first)
    let plan = WorkPlan(node: "a", region: "eu")
    plan.configure(version: 1, checks: [check])
    let change = check.grid.slot(at: Self.now).start
    plan.follow([Self.membership(1, since: change - .hours(1), ["a"]), Self.membership(2, since: change, ["b"])])
    let last = check.grid.slot(at: change).number
    let sink = MissedRecorder()
    OwnSlots(sink, plan: plan).record(
      MissedSlots(check: check.id, grid: check.grid, numbers: (last - 3)...(last + 2), cause: .late), in: "eu")
    #expect(sink.missed == [(last - 3)...(last - 1)])
  }

  @Test("However many slots are missed, they are divided by memberships and not gone through")
  func manyMissedSlots() throws {
    let check = try #require(try Self.checks(1).first)
    let plan = WorkPlan(node: "a", region: "eu")
    plan.configure(version: 1, checks: [check])
    let change = check.grid.slot(at: Self.now).start
    plan.follow([
      Self.membership(1, since: change - .hours(1), ["a"]), Self.membership(2, since: change, ["b"]),
      Self.membership(3, since: change + .hours(1), ["a"]), Self.membership(4, since: change + .hours(2), ["a"]),
    ])
    plan.setSlots(from: nil, until: change + .hours(3))
    let now = check.grid.slot(at: change).number
    let sink = MissedRecorder()
    OwnSlots(sink, plan: plan).record(
      MissedSlots(
        check: check.id, grid: check.grid, numbers: (now - 1_000_000_000_000)...(now + 1_000_000_000_000), cause: .late),
      in: "eu")
    #expect(sink.missed == [(now - 60)...(now - 1), (now + 60)...(now + 179)])
  }

  @Test("A run bears what it was begun by, whatever has changed when it ends")
  func begunRuns() async throws {
    let checks = try Self.checks(2)
    let folder = try Folder()
    let loop = try EventLoop(name: "begun-runs")
    defer { loop.stop() }
    let plan = WorkPlan(node: "a", region: "eu")
    let keeper = SpoolKeeper(try Spool(at: folder.path, identity: 1), on: loop, time: ManualTime(now: Self.now))
    let spooler = RunSpooler(keeper, plan: plan)
    plan.configure(version: 4, checks: checks)
    plan.follow([Self.membership(1, since: Self.now - .hours(1), ["a"])])
    let slots = checks.map { $0.grid.slot(at: Self.now) }
    for (check, slot) in zip(checks, slots) {
      #expect(plan.begin(check.id, slotStart: slot.start))
    }
    // The first one is another node's by now, and its values are here no more; the second one is written otherwise.
    plan.configure(version: 5, checks: [checks[1]])
    plan.follow([Self.membership(2, since: Self.now, ["b"])])
    plan.setPaused(true)
    for (check, slot) in zip(checks, slots) {
      let run = Run(
        check: check.id, region: "eu", node: "a", slot: slot, started: slot.start, duration: .seconds(9),
        verdict: .up, traceID: "0af7651916cd43dd8448eb211c80319c")
      spooler.record(run)
      // A slot has one run.
      spooler.record(run)
    }
    #expect(!plan.begin(checks[1].id, slotStart: slots[1].start))
    _ = await keeper.write()
    let read = try await keeper.read(from: 1, limit: 10)
    let stored = try #require(read)
    #expect(stored.runs.map(\.run.check) == checks.map(\.id))
    #expect(stored.runs.allSatisfy { $0.configuration == 4 && $0.epoch == 1 })
  }
}

private final class MissedRecorder: RunSink {
  private let state = Mutex<[ClosedRange<Int64>]>([])

  var missed: [ClosedRange<Int64>] { state.withLock { $0 } }

  func record(_ run: Run) {}

  func record(_ missed: MissedSlots, in region: String) { state.withLock { $0.append(missed.numbers) } }
}
