/// How a pool uses its server.
package struct PostgresOptions: Hashable, Sendable {
  /// How many connections there are at most. Each has a thread, and the server has a process for it.
  package var connections: Int
  /// After what time the server gives a statement up.
  package var statementTimeout: Duration
  /// For how long one waits for a connection: for one that is in use, or for a server that has gone away.
  package var patience: Duration
  /// The pause after the first failed attempt to connect, and the longest one. Each is twice the one before it, less up to half
  /// by chance, so that many who lost the same server do not come back at once.
  package var pauses: ClosedRange<Duration>

  /// Options with everything said.
  package init(
    connections: Int = 4, statementTimeout: Duration = .seconds(30), patience: Duration = .seconds(10),
    pauses: ClosedRange<Duration> = .milliseconds(100) ... .seconds(5)
  ) {
    self.connections = connections
    self.statementTimeout = statementTimeout
    self.patience = patience
    self.pauses = pauses
  }

  /// The settings of an address with ours where it says nothing: a server that is not there, or a network that swallows packets,
  /// is noticed within half a minute.
  func settings(for address: PostgresAddress) -> [String: String] {
    let ours = [
      "connect_timeout": "5", "fallback_application_name": "curlew", "client_encoding": "UTF8",
      "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "25000",
    ]
    return ours.merging(address.settings) { $1 }
  }
}

extension Duration {
  /// Rounded up.
  var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}
