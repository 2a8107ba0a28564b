/// A WebSocket connection and what is said over it (RFC 6455).
package struct WebSocketSpec: Hashable, Sendable {
  /// A `ws` or `wss` URL.
  package var url: String
  /// Header fields of the opening handshake; credentials included.
  package var headers: [HeaderField]
  /// What is said; each `expect` takes one message, and each `send` is one text message.
  package var dialogue: [DialogueStep]
  /// How TLS is spoken with a `wss` URL.
  package var tls: TLSOptions
  /// Which addresses are tried.
  package var family: AddressFamily

  /// A connection that is opened and closed, unless said otherwise.
  package init(
    url: String, headers: [HeaderField] = [], dialogue: [DialogueStep] = [], tls: TLSOptions = TLSOptions(),
    family: AddressFamily = .any
  ) {
    self.url = url
    self.headers = headers
    self.dialogue = dialogue
    self.tls = tls
    self.family = family
  }
}
