import Glibc
import UnixSignals

/// Ctrl-C while work is under way: the first cancels the work, whose results are still written; the second ends at once.
enum Interruption {
  private enum Event<Result: Sendable>: Sendable {
    case signal
    case result(Result)
  }

  /// Runs `body`, which is cancelled by SIGINT or SIGTERM.
  static func watched<Result: Sendable>(
    _ body: @escaping @Sendable () async -> Result
  ) async -> (result: Result, isInterrupted: Bool) {
    await withTaskGroup(of: Event<Result>?.self) { group in
      let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
      group.addTask { .result(await body()) }
      group.addTask {
        for await _ in signals { return .signal }
        return nil
      }
      var isInterrupted = false
      while let event = await group.next() {
        switch event {
        case .result(let result):
          group.cancelAll()
          return (result, isInterrupted)
        case .signal:
          isInterrupted = true
          group.cancelAll()
          // The group's new tasks are born cancelled, so the second signal is taken by the plain way of dying.
          signal(SIGINT, SIG_DFL)
          signal(SIGTERM, SIG_DFL)
        case nil: break
        }
      }
      preconditionFailure("the work's own task always ends with a result")
    }
  }
}
