import Journeys
import Model
import Scenarios
import Synchronization

/// Runs every check, several at a time, and hands each result on in the files' order.
struct CheckSession {
  /// What runs without a schedule are filed under.
  static let region = "local"

  let runner: JourneyRunner
  let time: any TimeSource
  /// Which node runs them.
  let node: String
  /// How many run at a time.
  let jobs: Int
  /// How often each is run, one run after the other; nil for once, without figures over the runs.
  var repeats: Int?
  /// Whether no check is started any more once one has failed.
  var failsFast = false
  /// Whether a degraded check has failed.
  var failsDegraded = false
  /// What shows that a check is under way.
  var display: LiveDisplay?

  /// Runs all checks.
  ///
  /// - Parameter report: called with each result, in the order of `checks`, as soon as all before it are there.
  func run(_ checks: [ScenarioCheck], report: (CheckReport.Entry) -> Void) async -> CheckReport {
    let started = time.now
    let begin = time.uptime
    let stop = Stop()
    var results = [CheckReport.Entry?](repeating: nil, count: checks.count)
    var reported = 0
    func reportWhatIsThere() {
      while reported < checks.count, let entry = results[reported] {
        report(entry)
        reported += 1
      }
    }
    await withTaskGroup(of: (Int, CheckReport.Entry).self) { group in
      var next = 0
      func startNext() {
        guard next < checks.count, !stop.isRaised else { return }
        let index = next
        let check = checks[index]
        next += 1
        group.addTask { (index, await runAll(check, stop: stop)) }
      }
      for _ in 0..<min(max(1, jobs), checks.count) { startNext() }
      while let (index, entry) = await group.next() {
        results[index] = entry
        startNext()
        reportWhatIsThere()
      }
    }
    for (index, check) in checks.enumerated() where results[index] == nil {
      results[index] = CheckReport.Entry(check: check.check, run: nil)
    }
    reportWhatIsThere()
    return CheckReport(started: started, duration: time.uptime - begin, entries: results.compactMap(\.self))
  }

  /// All runs of one check: the first of the worst stands for it.
  private func runAll(_ check: ScenarioCheck, stop: Stop) async -> CheckReport.Entry {
    var worst: Run?
    var tally = RepeatTally()
    for number in 1...max(1, repeats ?? 1) {
      // What was begun is told even if it was cut short; no more is begun.
      if number > 1, Task.isCancelled || stop.isRaised { break }
      display?.begin(check.check.id)
      let run = await runOnce(check)
      tally.add(run)
      if worst.map({ run.verdict.severity > $0.verdict.severity }) ?? true { worst = run }
      if failsFast, isFailure(run.verdict) { stop.raise() }
    }
    display?.end(check.check.id, verdict: worst?.verdict ?? .unknown)
    return CheckReport.Entry(check: check.check, run: worst, repeats: repeats == nil ? nil : tally)
  }

  private func runOnce(_ check: ScenarioCheck) async -> Run {
    let now = time.now
    let slot = check.check.grid.slot(at: now)
    guard !Task.isCancelled else {
      return Run(
        check: check.check.id, region: Self.region, node: node, slot: slot, started: now, duration: .zero,
        verdict: .unknown, reason: Reason(code: .cancelled, message: "interrupted before it began"), attempts: 0,
        traceID: "")
    }
    return await runner.run(check, slot: slot)
  }

  private func isFailure(_ verdict: Verdict) -> Bool {
    !verdict.isGood || (failsDegraded && verdict == .degraded)
  }

  /// Raised once a check has failed, when nothing is to be started after that.
  private final class Stop: Sendable {
    private let flag = Atomic(false)

    var isRaised: Bool { flag.load(ordering: .relaxed) }

    func raise() { flag.store(true, ordering: .relaxed) }
  }
}
