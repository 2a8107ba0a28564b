import Model

/// What became of the last slots of one check that services stand on.
struct MemberResults {
  /// One run, or a row of slots that had none.
  struct Result {
    /// When the slot began; of several, the first one.
    var start: Timestamp
    /// When the last of the slots was over.
    var end: Timestamp
    /// Nil for slots without a run.
    var verdict: Verdict?
    var code: ReasonCode?
    var message: String
    var isInMaintenance: Bool
    var duration: Duration?
    var traceID: String?
  }

  /// Between the oldest slot that a service waits for and the newest there can be many of a quick check, when a slow one
  /// stands beside it; what is beyond this is forgotten.
  private static let capacity = 512

  var check: Check
  /// Slots that begin before this were run by nobody that we know of, unless they are among the results.
  var watchedSince: Timestamp
  /// By start.
  private var results: [Result] = []

  init(check: Check, watchedSince: Timestamp) {
    self.check = check
    self.watchedSince = watchedSince
  }

  /// The one whose slot covers `moment`.
  func covering(_ moment: Timestamp) -> Result? {
    results.last { $0.start <= moment && moment < $0.end }
  }

  /// The newest one whose slot was over before `moment`.
  func last(before moment: Timestamp) -> Result? {
    results.last { $0.end <= moment }
  }

  /// Takes in a result, in whatever order they come. Of two for one slot the first stays.
  mutating func insert(_ result: Result) {
    let index = (results.lastIndex { $0.start <= result.start }).map { $0 + 1 } ?? 0
    if index > 0, results[index - 1].start == result.start, results[index - 1].verdict != nil { return }
    results.insert(result, at: index)
    if results.count > Self.capacity { results.removeFirst(results.count - Self.capacity) }
  }

  /// Forgets what was over before `moment`, but for the newest of it: what a heartbeat said last holds until the next.
  mutating func forget(before moment: Timestamp) {
    guard let newest = results.lastIndex(where: { $0.end <= moment }), newest > 0 else { return }
    results.removeFirst(newest)
  }
}
