/// How the HTTP door is set up.
package struct ServerConfiguration: Sendable {
  /// Where it listens; at least one place.
  package var listen: [ListenAddress]
  /// The region whose runs this process makes; pages name it beside each run when there are several.
  package var region: String
  /// The program's version, shown at the foot of the status page.
  package var version: String
  /// Connections at a time; more wait in the system's queue until one is closed.
  package var connectionLimit: Int
  /// How long a connection may stand without a complete request, or a client may leave an answer unread.
  package var idleTimeout: Duration
  /// How long answers under way may take once shutdown began.
  package var shutdownGrace: Duration
  /// After how long the status page loads itself anew.
  package var pageRefresh: Duration

  /// A configuration with everything said.
  package init(
    listen: [ListenAddress], region: String, version: String, connectionLimit: Int = 1024,
    idleTimeout: Duration = .seconds(60), shutdownGrace: Duration = .seconds(5), pageRefresh: Duration = .seconds(30)
  ) {
    self.listen = listen
    self.region = region
    self.version = version
    self.connectionLimit = connectionLimit
    self.idleTimeout = idleTimeout
    self.shutdownGrace = shutdownGrace
    self.pageRefresh = pageRefresh
  }
}
