/// Where an HTTP server listens, and within which bounds clients may keep it busy.
package struct ListeningConfiguration: Sendable {
  /// Where it listens; at least one place.
  package var places: [ListenPlace]
  /// Connections at a time; more wait in the system's queue until one is closed.
  package var connectionLimit: Int
  /// How long a connection may stand without a complete request, or a client may leave an answer unread.
  package var idleTimeout: Duration
  /// How long answers under way may take once shutdown began.
  package var shutdownGrace: Duration
  /// TLS, and who may ask; nil where everybody may, in plain text.
  package var web: WebKeeper?
  /// Who does the work of the next connection; the global pool where nobody is named.
  package var executor: (@Sendable () -> any TaskExecutor)?

  /// A configuration with everything said.
  package init(
    places: [ListenPlace], connectionLimit: Int = 1024, idleTimeout: Duration = .seconds(60),
    shutdownGrace: Duration = .seconds(5), web: WebKeeper? = nil, executor: (@Sendable () -> any TaskExecutor)? = nil
  ) {
    self.places = places
    self.connectionLimit = connectionLimit
    self.idleTimeout = idleTimeout
    self.shutdownGrace = shutdownGrace
    self.web = web
    self.executor = executor
  }
}
