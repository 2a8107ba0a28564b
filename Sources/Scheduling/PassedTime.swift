import Model

/// The stretches of wall time that the scheduler has been through: their slots are used up, so that a clock which is set
/// back does not run a slot twice.
///
/// What a leap forward passes over stays free when the leap is longer than a minute and than every interval. So a clock
/// that was wrong by years for a moment does not silence the checks for years once it is right again.
struct PassedTime {
  /// A clock that is set to and fro more often than this makes neighbouring stretches one.
  static let mostStretches = 16

  private struct Stretch {
    var first: Timestamp
    var last: Timestamp

    func contains(_ moment: Timestamp) -> Bool { moment >= first && moment <= last }
  }

  /// In order of time and disjoint.
  private var stretches: [Stretch]
  /// What the wall clock showed last.
  private(set) var now: Timestamp
  /// How long before a leap's end the slot may have begun that is run after it.
  private var reach: Duration = .seconds(60)

  /// Nothing has passed before `moment`.
  init(since moment: Timestamp) {
    stretches = [Stretch(first: moment, last: moment)]
    now = moment
  }

  /// Takes note of the interval of a check.
  mutating func reach(over interval: Duration) {
    reach = max(reach, interval)
  }

  /// The first moment at or after `moment` that is not used up.
  func firstFree(from moment: Timestamp) -> Timestamp {
    var free = moment
    for stretch in stretches where stretch.contains(free) { free = stretch.last + .nanoseconds(1) }
    return free
  }

  /// Where the next stretch after `moment` begins; nil when time ahead is all free.
  func nextStretch(after moment: Timestamp) -> Timestamp? {
    stretches.first { $0.first > moment }?.first
  }

  /// Takes note that the wall clock shows `moment`, and so uses up what led to it.
  mutating func pass(to moment: Timestamp) {
    var led = Stretch(first: moment > now ? max(now, moment - reach) : moment, last: moment)
    now = moment
    let start = stretches.firstIndex { $0.last >= led.first } ?? stretches.count
    var end = start
    while end < stretches.count, stretches[end].first <= led.last {
      led.first = min(led.first, stretches[end].first)
      led.last = max(led.last, stretches[end].last)
      end += 1
    }
    if end == start + 1 {
      // The way of all clocks that are not set: the last stretch grows.
      stretches[start] = led
    } else {
      stretches.replaceSubrange(start..<end, with: CollectionOfOne(led))
      if stretches.count > Self.mostStretches { joinClosest() }
    }
  }

  private mutating func joinClosest() {
    let closest = (1..<stretches.count).min { gap(before: $0) < gap(before: $1) }
    guard let closest else { return }
    stretches[closest - 1].last = stretches[closest].last
    stretches.remove(at: closest)
  }

  private func gap(before index: Int) -> Duration {
    stretches[index].first - stretches[index - 1].last
  }
}
