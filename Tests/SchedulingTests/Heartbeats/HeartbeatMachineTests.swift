import Model
import Scheduling
import Testing

@Suite("A heartbeat")
struct HeartbeatMachineTests {
  @Test("expects nothing before the first report ever")
  func waiting() throws {
    var bench = HeartbeatBench(try makeHeartbeat())
    #expect(bench.machine.deadline == nil)
    #expect(bench.advance(to: .days(3)) == [])
    #expect(bench.report(.start) == [])
    #expect(bench.advance(to: .days(5)) == [])
    #expect(bench.machine.deadline == nil)
    #expect(bench.report(.success) == ["up 720"])
  }

  @Test("is up at once with a success, and down at once with a failure")
  func atOnce() throws {
    var bench = HeartbeatBench(try makeHeartbeat(), after: .minutes(1))
    #expect(bench.report(.success) == ["up 0"])
    #expect(bench.advance(to: .minutes(12)) == [])
    #expect(bench.report(.failure) == ["down 1"])
    #expect(bench.report(.failure) == [])
    #expect(bench.report(.success) == ["up 1"])
    #expect(bench.report(.success) == [])
  }

  @Test("is overdue one interval and the grace after the last report, and not a nanosecond sooner")
  func due() throws {
    var bench = HeartbeatBench(try makeHeartbeat(), after: .minutes(3))
    _ = bench.report(.success)
    #expect(bench.machine.due == bench.first.start + .minutes(15))
    #expect(bench.machine.deadline == bench.first.end)
    #expect(bench.advance(to: .minutes(10)) == [])
    #expect(bench.machine.deadline == bench.first.start + .minutes(15) + .nanoseconds(1))
    #expect(bench.advance(to: .minutes(15)) == [])
    #expect(bench.advance(to: .minutes(15) + .nanoseconds(1)) == ["down 1"])
    #expect(bench.machine.deadline == bench.first.start + .minutes(20))
    #expect(bench.advance(to: .minutes(20)) == [])
    #expect(bench.advance(to: .minutes(30)) == ["down 2"])
    #expect(bench.report(.success) == ["up 3"])
    #expect(bench.advance(to: .minutes(40)) == [])
  }

  @Test("a slot without a report is up at its end while none is overdue")
  func quietSlot() throws {
    var bench = HeartbeatBench(try makeHeartbeat(grace: .minutes(15)), after: .minutes(9))
    #expect(bench.report(.success) == ["up 0"])
    #expect(bench.advance(to: .minutes(20)) == ["up 1"])
    #expect(bench.advance(to: .minutes(30)) == ["up 2"])
    #expect(bench.advance(to: .minutes(34)) == [])
    #expect(bench.advance(to: .minutes(34) + .seconds(1)) == ["down 3"])
  }

  @Test("after a failure it stays down until a success")
  func staysDown() throws {
    var bench = HeartbeatBench(try makeHeartbeat(grace: .minutes(15)), after: .minutes(9))
    #expect(bench.report(.failure) == ["down 0"])
    #expect(bench.advance(to: .minutes(20)) == ["down 1"])
    #expect(bench.report(.success) == ["up 2"])
  }

  @Test("a moment of being overdue that is the end of a slot belongs to the next one")
  func overdueAtEnd() throws {
    var bench = HeartbeatBench(try makeHeartbeat(grace: .zero))
    #expect(bench.report(.success) == ["up 0"])
    // Due at the end of slot 0, which is past as soon as time goes on.
    #expect(bench.advance(to: .minutes(10)) == [])
    #expect(bench.advance(to: .minutes(10) + .nanoseconds(1)) == ["down 1"])
    var stalled = HeartbeatBench(try makeHeartbeat(grace: .minutes(10)))
    #expect(stalled.report(.success) == ["up 0"])
    #expect(stalled.advance(to: .minutes(35)) == ["up 1", "down 2"])
  }

  @Test("a process that was stalled tells every slot that went by, in order")
  func stalled() throws {
    var bench = HeartbeatBench(try makeHeartbeat(grace: .minutes(15)), after: .minutes(5))
    _ = bench.report(.success)
    #expect(bench.advance(to: .minutes(65)) == ["up 1", "up 2", "down 3", "down 4", "down 5"])
  }

  @Test("start and success give the duration, unless the job says its own")
  func durations() throws {
    let check = try makeHeartbeat()
    let begin = check.grid.firstSlot(startingFrom: epoch).start
    var machine = HeartbeatMachine(check, at: Moment(wall: begin + .minutes(5), uptime: .zero))
    func signal(_ kind: HeartbeatSignal.Kind, _ second: Int, _ duration: Duration? = nil) -> HeartbeatSignal {
      HeartbeatSignal(check: check.id, kind: kind, at: begin + .seconds(second), duration: duration)
    }
    func duration(_ actions: [HeartbeatMachine.Action]) -> Duration?? {
      guard case .record(let decision)? = actions.first else { return nil }
      return .some(decision.duration)
    }
    #expect(machine.receive(signal(.start, 10)) == [])
    #expect(machine.state.startedAt == begin + .seconds(10))
    #expect(duration(machine.receive(signal(.success, 52))) == .some(.seconds(42)))
    #expect(machine.state.startedAt == nil)
    _ = machine.receive(signal(.start, 60))
    #expect(duration(machine.receive(signal(.failure, 70, .seconds(3)))) == .some(.seconds(3)))
    #expect(duration(machine.receive(signal(.success, 80))) == .some(nil))
  }

  @Test("says why it is down: the output's end for a failure, and what is missing for silence")
  func reasons() throws {
    let check = try makeHeartbeat()
    let begin = check.grid.firstSlot(startingFrom: epoch).start
    var machine = HeartbeatMachine(check, at: Moment(wall: begin, uptime: .zero))
    func reason(_ actions: [HeartbeatMachine.Action]) throws -> Reason {
      guard case .record(let decision)? = actions.first else { throw InvalidCheckID(text: "no decision") }
      return try #require(decision.reason)
    }
    func failure(_ output: String?) -> HeartbeatSignal {
      HeartbeatSignal(check: check.id, kind: .failure, at: begin, output: output)
    }
    #expect(
      try reason(machine.receive(failure("disk full\n")))
        == Reason(code: .heartbeatFailed, step: "backup", message: "disk full"))
    machine = HeartbeatMachine(check, at: Moment(wall: begin, uptime: .zero))
    #expect(try reason(machine.receive(failure(nil))).message == "the job reported a failure")
    machine = HeartbeatMachine(check, at: Moment(wall: begin, uptime: .zero))
    let long = try reason(machine.receive(failure(String(repeating: "ä", count: 5000) + "end"))).message
    #expect(long.utf8.count <= 1024)
    #expect(long.hasSuffix("äend"))
    #expect(long.hasPrefix("ä"))
    _ = machine.receive(HeartbeatSignal(check: check.id, kind: .success, at: begin))
    let overdue = try reason(machine.advance(to: Moment(wall: begin + .minutes(13), uptime: .minutes(13))))
    #expect(overdue.code == .heartbeatMissed)
    #expect(
      overdue.message
        == "no report came within 10m and 2m of grace; the last one came at \(begin.rfc3339(fractionDigits: 0))")
  }

  // MARK: Reports of earlier times

  @Test("a report of an earlier time goes to the slot of its time, and to history alone")
  func late() throws {
    var bench = HeartbeatBench(try makeHeartbeat())
    _ = bench.advance(to: .minutes(65))
    #expect(bench.report(.success, ago: .minutes(60)) == ["(up 0)"])
    #expect(bench.report(.failure, ago: .minutes(50)) == ["(down 1)"])
    #expect(bench.report(.success, ago: .minutes(55)) == ["(up 1)"])
    #expect(bench.machine.state.lastSignal?.kind == .failure)
    #expect(bench.report(.success) == ["up 6"])
    #expect(bench.report(.failure, ago: .minutes(1)) == ["(down 6)"])
    #expect(bench.machine.state.lastSignal?.kind == .success)
  }

  @Test("a report that is ahead of our clock is one of now")
  func ahead() throws {
    var bench = HeartbeatBench(try makeHeartbeat(), after: .minutes(8))
    #expect(bench.report(.success, ago: .minutes(-4)) == ["up 0"])
    #expect(bench.machine.state.lastSignal?.at == bench.now)
  }

  // MARK: Clocks

  @Test("a clock that is set an hour ahead makes no job late, and its slots are missed")
  func forward() throws {
    var bench = HeartbeatBench(try makeHeartbeat(), after: .minutes(3))
    _ = bench.report(.success)
    #expect(bench.setClock(by: .hours(1)) == ["missed 1-5"])
    // Still 12 minutes after the report.
    #expect(bench.advance(to: .minutes(14)) == ["up 6"])
    #expect(bench.advance(to: .minutes(15)) == [])
    #expect(bench.advance(to: .minutes(15) + .seconds(1)) == ["down 7"])
    #expect(bench.report(.success) == ["up 7"])
  }

  @Test("a clock that is set an hour back decides no slot again, and takes reports all the same")
  func back() throws {
    var bench = HeartbeatBench(try makeHeartbeat())
    var told: [String] = []
    for minute in stride(from: 0, through: 120, by: 10) {
      told += bench.advance(to: .minutes(minute))
      told += bench.report(.success)
    }
    #expect(told == (0...12).map { "up \($0)" })
    #expect(bench.setClock(by: .hours(-1)) == [])
    // For an hour the slots are those that were decided: what is reported there is for history, where the first stays.
    told = []
    for minute in stride(from: 130, through: 200, by: 10) {
      told += bench.advance(to: .minutes(minute))
      told += bench.report(.success)
    }
    #expect(!told.contains { $0.hasPrefix("down") || $0.hasPrefix("missed") })
    #expect(told.last == "up 14")
    // Silence is noticed all the same.
    #expect(bench.advance(to: .minutes(213)).last?.hasPrefix("down") == true)
  }

  @Test("a clock that was wrong for a moment silences nothing")
  func thereAndBack() throws {
    var bench = HeartbeatBench(try makeHeartbeat(), after: .minutes(3))
    _ = bench.report(.success)
    #expect(bench.setClock(by: .days(3650)).count == 1)
    #expect(bench.setClock(by: .zero - .days(3650)) == [])
    #expect(bench.advance(to: .minutes(11)) == [])
    #expect(bench.report(.success) == ["up 1"])
    #expect(bench.advance(to: .minutes(24)) == ["down 2"])
  }

  // MARK: Restarts and changes

  @Test("goes on after a restart where it stood")
  func restart() throws {
    let check = try makeHeartbeat()
    let first = check.grid.firstSlot(startingFrom: epoch)
    let state = HeartbeatState(
      check: check.id, lastSignal: HeartbeatSignal(check: check.id, kind: .success, at: first.start + .minutes(3)))
    // In time: the slot of the report is decided already.
    var bench = HeartbeatBench(check, state: state, after: .minutes(5))
    #expect(bench.advance(to: .minutes(10)) == [])
    #expect(bench.advance(to: .minutes(16)) == ["down 1"])
    // Overdue since before: down at once, in the slot of the present.
    bench = HeartbeatBench(check, state: state, after: .minutes(47))
    #expect(bench.advance(to: .minutes(47)) == ["down 4"])
    #expect(bench.advance(to: .minutes(60)) == ["down 5"])
    // A clock that was set back in between.
    let ahead = HeartbeatState(
      check: check.id, lastSignal: HeartbeatSignal(check: check.id, kind: .success, at: first.start + .hours(5)))
    bench = HeartbeatBench(check, state: ahead, after: .minutes(1))
    #expect(bench.advance(to: .minutes(12)) == [])
    #expect(bench.advance(to: .minutes(14)) == ["down 1"])
  }

  @Test("a longer grace takes effect at once, and a changed rhythm with its own slots")
  func changes() throws {
    var bench = HeartbeatBench(try makeHeartbeat(), after: .minutes(3))
    _ = bench.report(.success)
    _ = bench.advance(to: .minutes(14))
    bench.machine.apply(try makeHeartbeat(grace: .minutes(8)))
    #expect(bench.advance(to: .minutes(20)) == ["up 1"])
    #expect(bench.advance(to: .minutes(22)) == ["down 2"])
    bench.machine.apply(try makeHeartbeat(every: .hours(1)))
    #expect(bench.machine.due == bench.first.start + .minutes(65))
    #expect(bench.machine.state.lastSignal != nil)
  }
}
