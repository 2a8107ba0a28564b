/// What a WebSocket connection showed.
package struct WebSocketFacts: Sendable {
  /// The status of the answer to the opening handshake: 101 when it was upgraded; 0 before there was one.
  package var status: Int
  /// Whether the connection was upgraded (RFC 6455 section 4.1).
  package var isUpgraded: Bool
  /// What was said over it; its messages are those that a dialogue matched.
  package var socket: SocketFacts

  /// What a connection showed.
  package init(status: Int = 0, isUpgraded: Bool = false, socket: SocketFacts = SocketFacts()) {
    self.status = status
    self.isUpgraded = isUpgraded
    self.socket = socket
  }
}
