package import Model

/// How far a node's clock is ahead of the hub's, reckoned from requests and their answers as NTP does (RFC 5905
/// section 8): the hub's clock is taken to have been read half of the round trip after the request was sent. Of the last
/// few samples the one with the shortest round trip holds, because it can be wrong the least.
package struct ClockOffset: Hashable, Sendable {
  /// A node whose clock is wrong by more is refused: what it says of time is believed no more.
  package static let bound = Duration.minutes(10)
  /// How many samples are kept.
  package static let window = 8
  /// A sample of a longer round trip says nothing.
  static let longestRoundTrip = Duration.seconds(10)
  /// What is corrected by does not follow smaller changes: a schedule must not tremble with the network.
  static let tolerance = Duration.milliseconds(10)

  /// What follows from the measured offset.
  package enum Ruling: Hashable, Sendable {
    /// Nothing was measured yet.
    case unmeasured
    /// Times are corrected by this much: it is subtracted from what the clock of the node shows.
    case corrected(Duration)
    /// The clock is too wrong.
    case refused(Duration)
  }

  private struct Sample: Hashable, Sendable {
    var offset: Duration
    var roundTrip: Duration
  }

  private var samples: [Sample] = []
  private var applied: Duration?

  /// Nothing is measured yet.
  package init() {}

  /// Takes in an answer that told the hub's clock.
  ///
  /// - Parameters:
  ///   - sent: what the node's wall clock showed when the request was sent.
  ///   - roundTrip: from there to the answer, by a clock that is never set.
  ///   - hubTime: what the hub's clock showed.
  package mutating func add(sent: Timestamp, roundTrip: Duration, hubTime: Timestamp) {
    guard roundTrip >= .zero, roundTrip <= Self.longestRoundTrip else { return }
    let sample = Sample(offset: sent + roundTrip / 2 - hubTime, roundTrip: roundTrip)
    // Each sample is wrong by half of its round trip at most: where two cannot both be right, a clock was set meanwhile.
    if let best, (sample.offset - best.offset).magnitude > (sample.roundTrip + best.roundTrip) / 2 + Self.tolerance {
      samples = []
      applied = nil
    }
    samples.append(sample)
    if samples.count > Self.window { samples.removeFirst() }
    guard let best = self.best else { return }
    if let applied, (best.offset - applied).magnitude <= max(Self.tolerance, best.roundTrip / 2) { return }
    applied = best.offset
  }

  /// How far the node's clock is ahead (behind, when negative); nil before the first sample.
  package var offset: Duration? { best?.offset }

  /// What follows from it.
  package var ruling: Ruling {
    guard let applied else { return .unmeasured }
    return Self.isBelievable(applied) ? .corrected(applied) : .refused(applied)
  }

  /// Whether a node with such an offset is believed.
  package static func isBelievable(_ offset: Duration) -> Bool { offset.magnitude <= bound }

  /// The time that the hub's clock shows when the node's shows `local`; as it is, where nothing was measured or the
  /// clock is refused.
  package func corrected(_ local: Timestamp) -> Timestamp {
    guard case .corrected(let offset) = ruling else { return local }
    return local - offset
  }

  private var best: Sample? { samples.min { $0.roundTrip < $1.roundTrip } }
}

extension Duration {
  fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
