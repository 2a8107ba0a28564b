import Model

/// Which slots of one check were taken in, so that none counts twice however the clock is set: stretches of slots that
/// follow one another, oldest first.
///
/// What a clock set forward passed over stays free, for the scheduler runs it once the clock is set right again.
struct SeenSlots: Sendable {
  /// More gaps than this are forgotten, the oldest first: what lies in them counts as taken in.
  private static let mostStretches = 8

  private struct Stretch {
    var first: Timestamp
    var last: Timestamp
  }

  private var stretches: [Stretch] = []

  /// The start of the newest slot; nil before the first one.
  var newest: Timestamp? { stretches.last?.last }

  /// Takes in a slot.
  ///
  /// - Returns: false when it was taken in before, or lies before all that is known.
  mutating func insert(_ start: Timestamp, interval: Duration) -> Bool {
    guard let index = stretches.lastIndex(where: { $0.first <= start }) else {
      guard stretches.isEmpty else { return false }
      stretches.append(Stretch(first: start, last: start))
      return true
    }
    guard start > stretches[index].last else { return false }
    if start - stretches[index].last <= interval {
      stretches[index].last = start
    } else {
      stretches.insert(Stretch(first: start, last: start), at: index + 1)
    }
    if stretches.count > Self.mostStretches {
      stretches[0].last = stretches[1].last
      stretches.remove(at: 1)
    }
    return true
  }
}
