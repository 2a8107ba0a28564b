package import Model

/// The hub's time as a node knows it, reckoned from requests and their answers as NTP does (RFC 5905 section 8): the hub's
/// clock is taken to have been read half of the round trip after the request was sent. Of the last few samples the one with the
/// shortest round trip holds, because it can be wrong the least.
///
/// The node goes on from there by its uptime, which nobody sets. Its wall clock, which is stepped when the machine first hears
/// of NTP or when somebody sets it, counts for nothing but for telling how wrong it is.
package struct ClockOffset: Hashable, Sendable {
  /// What the clocks of a node show at one moment.
  package struct Reading: Hashable, Sendable {
    package var wall: Timestamp
    /// By a clock that is never set.
    package var uptime: Duration

    /// A reading of both clocks.
    package init(wall: Timestamp, uptime: Duration) {
      self.wall = wall
      self.uptime = uptime
    }
  }

  /// A node whose wall clock is wrong by more is refused: something is wrong with it, or with the hub's.
  package static let bound = Duration.minutes(10)
  /// How many samples are kept.
  package static let window = 8
  /// A sample of a longer round trip says nothing.
  static let longestRoundTrip = Duration.seconds(10)
  /// What is reckoned by does not follow smaller changes: a schedule must not tremble with the network.
  static let tolerance = Duration.milliseconds(10)

  /// What follows from what was measured.
  package enum Ruling: Hashable, Sendable {
    /// Nothing was measured yet.
    case unmeasured
    /// The hub's time is reckoned with; the wall clock of the node is ahead of it by this much.
    case corrected(Duration)
    /// The wall clock is too wrong.
    case refused(Duration)
  }

  private struct Sample: Hashable, Sendable {
    /// What the hub's clock showed when the uptime of the node was zero.
    var origin: Timestamp
    var roundTrip: Duration
  }

  private var samples: [Sample] = []
  /// The origin that is reckoned by: of the last sample that was believed, or one near it.
  private var origin: Timestamp?
  /// How far the node's wall clock is ahead of the hub's (behind, when negative), as of the last sample; nil before the first.
  package private(set) var offset: Duration?

  /// Nothing is measured yet.
  package init() {}

  /// Takes in an answer that told the hub's clock.
  ///
  /// - Parameters:
  ///   - sent: what the node's clocks showed when the request was sent.
  ///   - roundTrip: from there to the answer, by the uptime.
  ///   - hubTime: what the hub's clock showed.
  package mutating func add(sent: Reading, roundTrip: Duration, hubTime: Timestamp) {
    guard roundTrip >= .zero, roundTrip <= Self.longestRoundTrip else { return }
    let sample = Sample(origin: hubTime - (sent.uptime + roundTrip / 2), roundTrip: roundTrip)
    // Each sample is wrong by half of its round trip at most: where two cannot both be right, the hub's clock was set
    // meanwhile, or the machine slept, which its uptime does not count.
    if let best, (sample.origin - best.origin).magnitude > (sample.roundTrip + best.roundTrip) / 2 + Self.tolerance {
      samples = []
    }
    samples.append(sample)
    if samples.count > Self.window { samples.removeFirst() }
    let best = self.best ?? sample
    let offset = sent.wall - (best.origin + sent.uptime)
    self.offset = offset
    guard Self.isBelievable(offset) else { return }
    if let origin, (best.origin - origin).magnitude <= max(Self.tolerance, best.roundTrip / 2) { return }
    origin = best.origin
  }

  /// What follows from it.
  package var ruling: Ruling {
    guard let offset else { return .unmeasured }
    return Self.isBelievable(offset) ? .corrected(offset) : .refused(offset)
  }

  /// Whether a node with such an offset is believed.
  package static func isBelievable(_ offset: Duration) -> Bool { offset.magnitude <= bound }

  /// The time that the hub's clock shows when the node's clocks show `reading`; as the wall clock has it, where none was
  /// believed yet.
  package func corrected(_ reading: Reading) -> Timestamp {
    origin.map { $0 + reading.uptime } ?? reading.wall
  }

  private var best: Sample? { samples.min { $0.roundTrip < $1.roundTrip } }
}

extension Duration {
  fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
