/// How the HTTP door is set up.
package struct ServerConfiguration: Sendable {
  /// Where it listens, and within which bounds.
  package var listening: ListeningConfiguration
  /// The region whose runs this process makes; pages name it beside each run when there are several.
  package var region: String
  /// The program's version, shown at the foot of the status page.
  package var version: String
  /// After how long the status page loads itself anew.
  package var pageRefresh: Duration

  /// A configuration with everything said.
  package init(
    listening: ListeningConfiguration, region: String, version: String, pageRefresh: Duration = .seconds(30)
  ) {
    self.listening = listening
    self.region = region
    self.version = version
    self.pageRefresh = pageRefresh
  }
}
