/// What an exchange over a stream socket, or of datagrams, showed.
package struct SocketFacts: Sendable {
  /// What came: up to what was waited for, within a bound.
  package var received: [UInt8]
  /// The lines that dialogue steps matched, in order.
  package var messages: [String]
  /// The named groups of all patterns that matched.
  package var matches: [String: String]
  /// The labels of each dialogue step that has some, filled in from what it matched, in order.
  package var labels: [[HeaderField]]
  /// What kept the dialogue from going on, where that was what the peer said or kept back.
  package var unmet: Unmet?
  /// Whether it went by datagrams, over which no TLS is spoken.
  package var isDatagram: Bool

  /// What of a dialogue did not come.
  package enum Unmet: Hashable, Sendable {
    /// A line that a pattern matches.
    case pattern
    /// The bytes that were expected: fewer came, or none.
    case bytes
    /// Others came than the bytes that were expected.
    case otherBytes
  }

  /// What an exchange over a socket showed.
  package init(
    received: [UInt8] = [], messages: [String] = [], matches: [String: String] = [:], labels: [[HeaderField]] = [],
    unmet: Unmet? = nil, isDatagram: Bool = false
  ) {
    self.received = received
    self.messages = messages
    self.matches = matches
    self.labels = labels
    self.unmet = unmet
    self.isDatagram = isDatagram
  }
}
