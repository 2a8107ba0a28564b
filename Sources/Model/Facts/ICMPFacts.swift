/// What echo requests showed.
package struct ICMPFacts: Sendable {
  package var sent: Int
  package var received: Int
  /// The round trips of the packets that came back, in the order in which they were sent.
  package var roundTrips: [Duration]
  /// The hop limit of the last answer; nil when the socket does not tell.
  package var hopLimit: Int?

  /// What echo requests showed.
  package init(sent: Int = 0, received: Int = 0, roundTrips: [Duration] = [], hopLimit: Int? = nil) {
    self.sent = sent
    self.received = received
    self.roundTrips = roundTrips
    self.hopLimit = hopLimit
  }

  /// The share of packets that did not come back, 0 to 1.
  package var loss: Double { sent == 0 ? 1 : Double(sent - received) / Double(sent) }

  /// The mean difference between neighbouring round trips (RFC 3550 calls it so for neighbouring packets); zero with
  /// fewer than two.
  package var jitter: Duration {
    guard roundTrips.count > 1 else { return .zero }
    var sum = Duration.zero
    for (earlier, later) in zip(roundTrips, roundTrips.dropFirst()) {
      sum += earlier < later ? later - earlier : earlier - later
    }
    return sum / (roundTrips.count - 1)
  }
}
