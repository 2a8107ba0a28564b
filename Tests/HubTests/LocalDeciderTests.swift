import Hub
import Model
import Synchronization
import TestSupport
import Testing

@Suite("A process that is a fleet of its own")
struct LocalDeciderTests {
  private final class Seen: RunSink {
    let runs = Mutex<[Run]>([])
    let missed = Mutex<[MissedSlots]>([])
    func record(_ run: Run) { runs.withLock { $0.append(run) } }
    func record(_ missed: MissedSlots, in region: String) { self.missed.withLock { $0.append(missed) } }
  }

  private let seen = Seen()
  private let time = ManualTime()
  private let check: Check

  init() throws {
    check = Check(
      id: try #require(CheckID("front-page")), kind: .http, interval: .seconds(10), regions: ["eu", "us"],
      quorum: Quorum(down: .count(2), votes: 2), location: SourceLocation(file: "a.yaml", line: 1, column: 1))
  }

  private func run(_ verdict: Verdict, of id: CheckID? = nil, slot: Int64 = 0) -> Run {
    let grid = check.grid
    let here = grid.slot(number: grid.slot(at: time.now).number + slot)
    return Run(
      check: id ?? check.id, region: "eu", node: "probe-1", slot: here, started: here.start, duration: .milliseconds(5),
      verdict: verdict, reason: verdict == .down ? Reason(code: .timeout, message: "late") : nil, traceID: "")
  }

  @Test("holds what its only region sees, whatever quorum a fleet would need", arguments: Verdict.allCases)
  func holdsItsOwn(verdict: Verdict) {
    let decider = LocalDecider(region: "eu", time: time, sink: seen)
    decider.apply([check])
    let run = run(verdict)
    decider.record(run)
    #expect(seen.runs.withLock { $0.map(\.verdict) } == [verdict])
    #expect(seen.runs.withLock { $0.first?.reason } == run.reason)
  }

  @Test("lets the runs of services and jobs, and missed slots, go on as they are")
  func letsOthersGoOn() throws {
    let decider = LocalDecider(region: "eu", time: time, sink: seen)
    decider.apply([check])
    let shop = try #require(CheckID("shop"))
    decider.record(run(.down, of: shop))
    let number = check.grid.slot(at: time.now).number
    decider.record(
      MissedSlots(check: check.id, grid: check.grid, numbers: number...number, cause: .late), in: "eu")
    #expect(seen.runs.withLock { $0.map(\.check.text) } == ["shop"])
    #expect(seen.missed.withLock { $0.count } == 1)
  }

  @Test("decides slot after slot, also when some had no run")
  func decidesEverySlot() {
    let decider = LocalDecider(region: "eu", time: time, sink: seen)
    decider.apply([check])
    for (passed, verdict) in [(0, Verdict.up), (10, .down), (30, .down), (10, .up)] {
      time.advance(by: .seconds(passed))
      decider.record(run(verdict))
    }
    #expect(seen.runs.withLock { $0.map(\.verdict) } == [.up, .down, .down, .up])
  }
}
