/// What an exchange over a stream socket showed.
package struct SocketFacts: Sendable {
  /// What came: up to what was waited for, within a bound.
  package var received: [UInt8]
  /// The lines that dialogue steps matched, in order.
  package var messages: [String]
  /// The named groups of all patterns that matched.
  package var matches: [String: String]
  /// The labels of the last dialogue step that has some, filled in from what it matched.
  package var labels: [HeaderField]
  /// What kept the dialogue from going on, where that was what the peer said or kept back.
  package var unmet: Unmet?

  /// What of a dialogue did not come.
  package enum Unmet: Hashable, Sendable {
    /// A line that a pattern matches.
    case pattern
    /// The bytes that were expected.
    case bytes
  }

  /// What an exchange over a stream socket showed.
  package init(
    received: [UInt8] = [], messages: [String] = [], matches: [String: String] = [:], labels: [HeaderField] = [],
    unmet: Unmet? = nil
  ) {
    self.received = received
    self.messages = messages
    self.matches = matches
    self.labels = labels
    self.unmet = unmet
  }
}
