/// A TCP exchange: a connection, perhaps TLS, perhaps words.
package struct TCPSpec: Hashable, Sendable {
  /// Where to connect.
  package var target: Endpoint
  /// TLS right after the connection, when not nil.
  package var tls: TLSOptions?
  /// The protocol whose STARTTLS comes before TLS.
  package var startTLS: StartTLS?
  /// What is said.
  package var exchange: SocketExchange
  /// The local address to connect from.
  package var sourceIP: String?
  /// Which addresses are tried.
  package var family: AddressFamily

  /// A bare connection, unless said otherwise.
  package init(
    target: Endpoint, tls: TLSOptions? = nil, startTLS: StartTLS? = nil, exchange: SocketExchange = .none,
    sourceIP: String? = nil, family: AddressFamily = .any
  ) {
    self.target = target
    self.tls = tls
    self.startTLS = startTLS
    self.exchange = exchange
    self.sourceIP = sourceIP
    self.family = family
  }
}

/// An exchange over a Unix stream socket (unix(7)).
package struct UnixSpec: Hashable, Sendable {
  /// The socket's path.
  package var path: String
  /// TLS right after the connection, when not nil.
  package var tls: TLSOptions?
  /// What is said.
  package var exchange: SocketExchange

  /// A bare connection, unless said otherwise.
  package init(path: String, tls: TLSOptions? = nil, exchange: SocketExchange = .none) {
    self.path = path
    self.tls = tls
    self.exchange = exchange
  }
}

/// What is said over a stream.
package enum SocketExchange: Hashable, Sendable {
  /// Nothing: that the connection stands is all that is asked.
  case none
  /// Bytes sent at once, and an end to wait for; either may be absent.
  case message(send: [UInt8]?, receive: ReceiveUntil?)
  /// Lines, in turn.
  case dialogue([DialogueStep])
}

/// When enough was received.
package enum ReceiveUntil: Hashable, Sendable {
  /// Text that must come; what came up to its end is kept.
  case text(String)
  /// That many bytes.
  case bytes(Int)
  /// An RE2 pattern that must match what came.
  case pattern(String)
}

/// One entry of a dialogue, as blackbox_exporter's `query_response`.
package enum DialogueStep: Hashable, Sendable {
  /// An RE2 pattern that one of the next lines must match. Named and numbered groups are open to later `send` lines as
  /// `${1}` and `${name}`.
  case expect(String)
  /// A line to send; a line end is added.
  case send(String)
  /// TLS from here on.
  case startTLS
}

/// A TLS handshake and what it shows, without a word after it.
package struct TLSSpec: Hashable, Sendable {
  /// Where to connect.
  package var target: Endpoint
  /// The protocol whose STARTTLS comes before TLS.
  package var startTLS: StartTLS?
  /// How TLS is spoken.
  package var tls: TLSOptions
  /// Which addresses are tried.
  package var family: AddressFamily

  /// A handshake with the target.
  package init(
    target: Endpoint, startTLS: StartTLS? = nil, tls: TLSOptions = TLSOptions(), family: AddressFamily = .any
  ) {
    self.target = target
    self.startTLS = startTLS
    self.tls = tls
    self.family = family
  }
}
