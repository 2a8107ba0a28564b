import FoundationEssentials
package import Model

/// Takes what people and jobs report, at any replica: it is kept in the store, and waits there for the replica that decides.
package struct ReportQueue: Sendable {
  /// How long somebody waits for whoever decides: a leader that was killed is followed within ten seconds.
  package static let patience = Duration.seconds(20)
  /// From one look for an answer to the next.
  private static let pause = Duration.milliseconds(100)

  /// Why nothing can be said of a report that was kept.
  package struct NoAnswer: Error, CustomStringConvertible {
    package var description: String
  }

  private let store: any FleetStore
  private let time: any TimeSource

  /// A queue in the store that replicas share.
  package init(store: any FleetStore, time: any TimeSource) {
    self.store = store
    self.time = time
  }

  /// Keeps a report. It is done as soon as somebody decides, whatever becomes of this replica.
  package func post(_ report: FleetReport) async throws {
    _ = try await store.post(Array(try JSONEncoder().encode(report)))
  }

  /// Keeps a report, and waits for what comes of it.
  ///
  /// - Returns: nil where nobody decides: the report was taken back, and nothing has come of it.
  /// - Throws: `NoAnswer` where it was taken and nothing was said; what the store throws before it is kept.
  package func ask<Answer: Decodable>(_ report: FleetReport, for answer: Answer.Type) async throws -> Answer? {
    let number = try await store.post(Array(try JSONEncoder().encode(report)))
    let begin = time.uptime
    while true {
      // What the store fails with meanwhile says nothing of the report.
      if let body = try? await store.takeAnswer(to: number) {
        return try JSONDecoder().decode(answer, from: Data(body))
      }
      let waited = time.uptime - begin
      if waited >= Self.patience, (try? await store.withdraw(number)) == true { return nil }
      guard waited < Self.patience * 2 else {
        throw NoAnswer(
          description: "the replica that decides has taken the report and not answered: look whether it is done")
      }
      try await time.sleep(untilUptime: time.uptime + Self.pause)
    }
  }
}
