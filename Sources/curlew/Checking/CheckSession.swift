import Journeys
import Model
import Scenarios

/// Runs every check once, several at a time, and hands each result on in the files' order.
struct CheckSession {
  let runner: JourneyRunner
  let time: any TimeSource
  /// How many run at a time.
  let jobs: Int

  /// Runs all checks.
  ///
  /// - Parameter report: called with each result, in the order of `checks`, as soon as all before it are there.
  func run(_ checks: [ScenarioCheck], report: (CheckReport.Entry) -> Void) async -> CheckReport {
    let started = time.now
    let begin = time.uptime
    var results = [Run?](repeating: nil, count: checks.count)
    var reported = 0
    await withTaskGroup(of: (Int, Run).self) { group in
      var next = 0
      func startNext() {
        guard next < checks.count else { return }
        let index = next
        let check = checks[index]
        next += 1
        group.addTask { (index, await runOnce(check)) }
      }
      for _ in 0..<min(max(1, jobs), checks.count) { startNext() }
      while let (index, run) = await group.next() {
        results[index] = run
        startNext()
        while reported < checks.count, let run = results[reported] {
          report(CheckReport.Entry(check: checks[reported].check, run: run))
          reported += 1
        }
      }
    }
    let entries = zip(checks, results).map { CheckReport.Entry(check: $0.check, run: $1) }
    return CheckReport(started: started, duration: time.uptime - begin, entries: entries)
  }

  private func runOnce(_ check: ScenarioCheck) async -> Run {
    let slot = check.check.grid.slot(at: time.now)
    return await runner.run(check, slot: slot)
  }
}
