import Logging
import Model
import ServiceLevels

/// Closes months by themselves while the daemon runs, as the service file's `close_months` has it.
struct MonthKeeper: Sendable {
  /// A month is due once in a month; an hour late is soon enough.
  private static let interval = Duration.hours(1)

  let books: MonthBooks
  let time: any TimeSource
  let logger: Logger
  /// Whose months are closed: what is in force.
  let subjects: @Sendable () -> [MonthBooks.Subject]

  /// Looks every hour until the task is cancelled. What cannot be closed is logged, and tried again.
  func run() async {
    while !Task.isCancelled {
      do {
        let closed = try await books.closeDue(for: subjects(), at: time.now)
        for month in Set(closed.map(\.month)).sorted() {
          let count = closed.count { $0.month == month }
          logger.notice("month closed", metadata: ["month": "\(month)", "checks": "\(count)"])
        }
      } catch {
        guard !Task.isCancelled else { return }
        logger.error("months could not be closed", metadata: ["error": "\(error)"])
      }
      guard (try? await time.sleep(untilUptime: time.uptime + Self.interval)) != nil else { return }
    }
  }
}
