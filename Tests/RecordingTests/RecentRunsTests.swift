import Model
import Recording
import Testing

@Suite("Recent runs")
struct RecentRunsTests {
  @Test("keep the last ones of a check and region, oldest first")
  func ring() throws {
    let recent = RecentRuns(capacity: 3)
    let check = try makeCheck("front-page")
    recent.apply([check])
    for slot in 0..<5 as Range<Int64> { recent.record(try makeRun("front-page", slot: slot)) }
    recent.record(try makeRun("front-page", slot: 7, region: "us"))
    #expect(
      recent.history(of: check.id, in: "eu").map(\.slotStart) == [2, 3, 4].map { epoch + .minutes($0) })
    #expect(recent.history(of: check.id, in: "us").map(\.slotStart) == [epoch + .minutes(7)])
    #expect(recent.history(of: check.id, in: "mars").isEmpty)
    #expect(recent.regions(of: check.id) == ["eu", "us"])
  }

  @Test("tell how a check stands, since when and why")
  func state() throws {
    let recent = RecentRuns()
    let check = try makeCheck("front-page")
    recent.apply([check])
    #expect(recent.state(of: check.id, in: "eu") == nil)
    recent.record(try makeRun("front-page", slot: 0))
    recent.record(try makeRun("front-page", slot: 1, reason: .timeout))
    recent.record(try makeRun("front-page", slot: 2, reason: .connectRefused))
    recent.record(try makeMissed("front-page", .late), in: "eu")
    let state = try #require(recent.state(of: check.id, in: "eu"))
    #expect(state.verdict == .down)
    #expect(state.since == epoch + .minutes(1) + .milliseconds(2))
    #expect(state.reason?.code == .connectRefused)
    #expect(state.latest.slotStart == epoch + .minutes(2))
    recent.record(try makeRun("front-page", slot: 3))
    #expect(recent.state(of: check.id, in: "eu")?.since == epoch + .minutes(3) + .milliseconds(2))
  }

  @Test("begin with those from before this process, which say nothing of how a check stands")
  func restored() throws {
    let recent = RecentRuns(capacity: 4)
    let check = try makeCheck("front-page")
    recent.apply([check])
    recent.record(try makeRun("front-page", slot: 5))
    recent.record(try makeRun("front-page", slot: 6))
    // Newest first, as history gives them; one that is there already, and one of a check that is not in the plan.
    let stored = try [5, 4, 3, 2].map { HistoryRun(try makeRun("front-page", slot: $0, reason: .timeout)) }
    recent.restore(stored + [HistoryRun(try makeRun("stranger"))])
    let runs = recent.history(of: check.id, in: "eu")
    #expect(runs.map(\.slotStart) == [3, 4, 5, 6].map { epoch + .minutes($0) })
    #expect(runs.map(\.verdict) == [.down, .down, .up, .up])
    recent.record(try makeRun("front-page", slot: 7))
    #expect(recent.history(of: check.id, in: "eu").map(\.slotStart) == [4, 5, 6, 7].map { epoch + .minutes($0) })
    recent.restore([HistoryRun(try makeRun("front-page", slot: 1, region: "us"))])
    #expect(recent.state(of: check.id, in: "us") == nil)
    #expect(recent.state(of: check.id, in: "eu")?.latest.slotStart == epoch + .minutes(7))
  }

  @Test("stay over a reload, go with their check, and are not kept of strangers")
  func apply() throws {
    let recent = RecentRuns()
    let (kept, gone) = (try makeCheck("kept"), try makeCheck("gone"))
    recent.apply([kept, gone])
    recent.record(try makeRun("kept"))
    recent.record(try makeRun("gone"))
    recent.apply([kept])
    recent.record(try makeRun("gone", slot: 1))
    #expect(recent.history(of: kept.id, in: "eu").count == 1)
    #expect(recent.history(of: gone.id, in: "eu").isEmpty)
    recent.apply([kept, gone])
    #expect(recent.history(of: gone.id, in: "eu").isEmpty)
  }
}

@Suite("The fan-out")
struct RunFanOutTests {
  @Test("serves every sink with every run")
  func all() throws {
    let check = try makeCheck("front-page")
    let sinks = [RecentRuns(), RecentRuns()]
    for sink in sinks { sink.apply([check]) }
    let fanOut = RunFanOut(sinks)
    fanOut.record(try makeRun("front-page"))
    fanOut.record(try makeMissed("front-page", .late), in: "eu")
    #expect(sinks.map { $0.history(of: check.id, in: "eu").count } == [1, 1])
  }
}
