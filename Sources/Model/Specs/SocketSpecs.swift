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
  /// A `socks5://` or `socks5h://` URL of a proxy, perhaps with user and password (RFC 1928, RFC 1929).
  package var proxy: String?
  /// The local address to connect from.
  package var sourceIP: String?
  /// Which addresses are tried.
  package var family: AddressFamily

  /// A bare connection, unless said otherwise.
  package init(
    target: Endpoint, tls: TLSOptions? = nil, startTLS: StartTLS? = nil, exchange: SocketExchange = .none,
    proxy: String? = nil, sourceIP: String? = nil, family: AddressFamily = .any
  ) {
    self.target = target
    self.tls = tls
    self.startTLS = startTLS
    self.exchange = exchange
    self.proxy = proxy
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
  ///
  /// `labels` are texts with such references, filled in from this match: what a module puts on record of it.
  case expect(String, labels: [HeaderField] = [])
  /// Bytes that must come next, exactly these.
  case expectBytes([UInt8])
  /// A line to send; a line end is added, but to a datagram or a message, which has an end of its own.
  case send(String)
  /// Bytes to send as they are; over a message protocol, one message.
  case sendBytes([UInt8])
  /// TLS from here on.
  case startTLS
  /// A new entry of a module's `query_response` begins: groups that earlier lines matched are forgotten.
  case newEntry
}

/// An exchange of datagrams (RFC 768): what is sent goes out as one datagram, and one that comes back is a line.
package struct UDPSpec: Hashable, Sendable {
  /// Where to send.
  package var target: Endpoint
  /// What is said. `none` sends nothing and proves nothing.
  package var exchange: SocketExchange
  /// The local address to send from.
  package var sourceIP: String?
  /// Which addresses are tried.
  package var family: AddressFamily

  /// An exchange with the target.
  package init(target: Endpoint, exchange: SocketExchange, sourceIP: String? = nil, family: AddressFamily = .any) {
    self.target = target
    self.exchange = exchange
    self.sourceIP = sourceIP
    self.family = family
  }
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
