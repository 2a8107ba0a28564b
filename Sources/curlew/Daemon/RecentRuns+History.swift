import Model
import Recording

extension RecentRuns {
  /// Fills the strips of the page with the runs from before this process. Check by check, so that ten thousand of them
  /// are neither in memory at once nor in the way of anything else; where history cannot be read, the strips fill as runs
  /// come in.
  func restore(_ checks: [CheckID], in region: String, from store: any HistoryStore) async {
    for check in checks {
      guard !Task.isCancelled, let runs = try? await store.lastRuns(of: check, limit: capacity) else { return }
      restore(runs.filter { $0.region == region })
    }
  }
}
