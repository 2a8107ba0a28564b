import FoundationEssentials
package import Model

/// Takes reports out of the store in their order, at the replica that decides.
package struct ReportReader: Sendable {
  /// From one look to the next.
  private static let pause = Duration.milliseconds(250)
  /// As many at once.
  private static let page = 200
  /// How long a report waits for the configuration by which its replica took it.
  package static let patience = Duration.seconds(30)

  /// What becomes of a report.
  package enum Outcome: Hashable, Sendable {
    /// It is done, and nobody waits for an answer.
    case done
    case answered([UInt8])
    /// Nothing here fits it yet: the configuration may come in a moment. Why, and the answer where it does not.
    case early(String, answer: [UInt8]?)
  }

  private let store: any FleetStore
  private let time: any TimeSource
  private let onDrop: @Sendable (String) -> Void

  /// - Parameter onDrop: told why a report is let go.
  package init(store: any FleetStore, time: any TimeSource, onDrop: @escaping @Sendable (String) -> Void = { _ in }) {
    self.store = store
    self.time = time
    self.onDrop = onDrop
  }

  /// Takes reports until the task is cancelled.
  ///
  /// - Parameter take: does what a report says; what was done already changes nothing. Told when the report was kept, and whether
  ///   an earlier leader may have done it.
  /// - Throws: `FleetFault.leaseLost`, what the store throws, and what `take` throws, after which the report comes again.
  package func run(
    under lease: SingletonLease,
    take: @Sendable (FleetReport, _ received: Timestamp, _ isAgain: Bool) async throws -> Outcome
  ) async throws {
    var early: [Int64: Duration] = [:]
    while true {
      try Task.checkCancellation()
      if try await !step(under: lease, &early, take) {
        try await time.sleep(untilUptime: time.uptime + Self.pause)
      }
    }
  }

  /// Takes what waits now, once: what was reported before a leader began is done before it judges by the clock.
  package func drain(
    under lease: SingletonLease,
    take: @Sendable (FleetReport, _ received: Timestamp, _ isAgain: Bool) async throws -> Outcome
  ) async throws {
    var early: [Int64: Duration] = [:]
    while try await step(under: lease, &early, take) {}
  }

  /// - Returns: whether more may wait that could be done now.
  private func step(
    under lease: SingletonLease, _ early: inout [Int64: Duration],
    _ take: (FleetReport, _ received: Timestamp, _ isAgain: Bool) async throws -> Outcome
  ) async throws -> Bool {
    let posted = try await store.takeReports(limit: Self.page, under: lease)
    var answers: [ReportAnswer] = []
    for posted in posted {
      guard let report = try? JSONDecoder().decode(FleetReport.self, from: Data(posted.body)) else {
        onDrop("report \(posted.number) cannot be read here")
        answers.append(ReportAnswer(number: posted.number))
        continue
      }
      switch try await take(report, posted.received, posted.isAgain) {
      case .done: answers.append(ReportAnswer(number: posted.number))
      case .answered(let body): answers.append(ReportAnswer(number: posted.number, body: body))
      case .early(let why, let answer):
        let first = early[posted.number] ?? time.uptime
        early[posted.number] = first
        guard time.uptime - first >= Self.patience else { continue }
        if answer == nil { onDrop(why) }
        answers.append(ReportAnswer(number: posted.number, body: answer))
      }
    }
    for answer in answers { early[answer.number] = nil }
    if !answers.isEmpty { try await store.answer(answers, under: lease) }
    return posted.count == Self.page && !answers.isEmpty
  }
}
