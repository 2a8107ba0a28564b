/// How the server of `curlew blackbox` is set up.
package struct BlackboxConfiguration: Sendable {
  /// Where it listens, and within which bounds.
  package var listening: ListeningConfiguration
  /// Begins and ends with a slash.
  package var routePrefix: String
  /// Where the server is reached from outside: what "/" leads to when there is a prefix.
  package var externalURL: String
  /// The program's version, shown at the foot of the landing page and by `blackbox_exporter_build_info`.
  package var version: String

  /// A configuration with everything said.
  ///
  /// - Parameter routePrefix: slashes at its ends may be missing.
  package init(listening: ListeningConfiguration, routePrefix: String, externalURL: String, version: String) {
    self.listening = listening
    let segments = routePrefix.split(separator: "/", omittingEmptySubsequences: false).drop(while: \.isEmpty)
    let bare = segments.reversed().drop(while: \.isEmpty).reversed().joined(separator: "/")
    self.routePrefix = bare.isEmpty ? "/" : "/\(bare)/"
    self.externalURL = externalURL
    self.version = version
  }
}
