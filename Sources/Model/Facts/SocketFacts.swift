/// What an exchange over a stream socket showed.
package struct SocketFacts: Sendable {
  /// What came: up to what was waited for, within a bound.
  package var received: [UInt8]
  /// The lines that dialogue steps matched, in order.
  package var messages: [String]
  /// The named groups of all patterns that matched.
  package var matches: [String: String]

  /// What an exchange over a stream socket showed.
  package init(received: [UInt8] = [], messages: [String] = [], matches: [String: String] = [:]) {
    self.received = received
    self.messages = messages
    self.matches = matches
  }
}
