import Model

/// The stretches of wall time that the scheduler has been through: their slots are used up, so that a clock which is set
/// back does not run a slot twice.
///
/// A leap forward of more than a minute begins a new stretch, and what was leapt over stays free. So a clock that was
/// wrong by years for a moment does not silence the checks for years once it is right again.
struct PassedTime {
  /// A leap forward that is longer than this was none that the scheduler lived through.
  static let longestStep: Duration = .seconds(60)

  /// A clock that is set to and fro more often than this makes neighbouring stretches one.
  static let mostStretches = 16

  private struct Stretch {
    var first: Timestamp
    var last: Timestamp
  }

  /// In order of time and disjoint.
  private var stretches: [Stretch]
  /// The stretch that grows now.
  private var current = 0
  private var now: Timestamp

  /// Nothing has passed before `moment`.
  init(since moment: Timestamp) {
    stretches = [Stretch(first: moment, last: moment)]
    now = moment
  }

  /// What the wall clock did since it was looked at last.
  enum Course: Hashable {
    /// It went on, or leapt forward to a time that is new.
    case on
    /// It was set to a time before everything, or to one inside of a stretch: what counts is after `last`, and what lies
    /// before `first` was leapt over.
    case elsewhere(first: Timestamp, last: Timestamp)
  }

  /// Takes note that the wall clock shows `moment`.
  mutating func pass(to moment: Timestamp) -> Course {
    defer { now = moment }
    if moment >= now && moment - now <= Self.longestStep {
      if moment > stretches[current].last { grow(to: moment) }
      return .on
    }
    if moment >= stretches[current].first && moment <= stretches[current].last { return .on }
    let wasKnown = enter(moment)
    guard wasKnown || moment < now else { return .on }
    return .elsewhere(first: stretches[current].first, last: stretches[current].last)
  }

  /// The first moment at or after `moment` that lies in none of the stretches but the one that grows now.
  func firstFree(from moment: Timestamp) -> Timestamp {
    guard stretches.count > 1 else { return moment }
    var free = moment
    for (index, stretch) in stretches.enumerated()
    where index != current && free >= stretch.first && free <= stretch.last {
      free = stretch.last + .nanoseconds(1)
    }
    return free
  }

  /// Where the next stretch after `moment` begins, other than the one that grows now; nil when time ahead is all free.
  func nextStretch(after moment: Timestamp) -> Timestamp? {
    guard stretches.count > 1 else { return nil }
    return stretches.enumerated().first { $0.offset != current && $0.element.first > moment }?.element.first
  }

  private mutating func grow(to moment: Timestamp) {
    stretches[current].last = moment
    while current + 1 < stretches.count, stretches[current + 1].first <= moment {
      stretches[current].last = max(moment, stretches[current + 1].last)
      stretches.remove(at: current + 1)
    }
  }

  /// Returns whether `moment` lies in a stretch of before.
  private mutating func enter(_ moment: Timestamp) -> Bool {
    if let known = stretches.firstIndex(where: { moment >= $0.first && moment <= $0.last }) {
      current = known
      return true
    }
    let place = stretches.firstIndex { $0.first > moment } ?? stretches.count
    stretches.insert(Stretch(first: moment, last: moment), at: place)
    current = place
    if stretches.count > Self.mostStretches { joinClosest() }
    return false
  }

  private mutating func joinClosest() {
    let closest = (1..<stretches.count).min { gap(before: $0) < gap(before: $1) }
    guard let closest else { return }
    stretches[closest - 1].last = stretches[closest].last
    stretches.remove(at: closest)
    if current >= closest { current -= 1 }
  }

  private func gap(before index: Int) -> Duration {
    stretches[index].first - stretches[index - 1].last
  }
}
