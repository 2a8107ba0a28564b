/// What the program around the loader can do; a scenario that asks for more is refused at load.
package struct ScenarioCapabilities: Hashable, Sendable {
  /// Whether HTTP/3 is spoken: that depends on the libcurl that is installed.
  package var http3: Bool

  /// - Parameter http3: whether HTTP/3 is spoken.
  package init(http3: Bool = false) {
    self.http3 = http3
  }
}

/// What reading a scenario meets outside of its text.
struct Surroundings: Sendable {
  let files: any ScenarioFiles
  let capabilities: ScenarioCapabilities

  init(files: any ScenarioFiles, capabilities: ScenarioCapabilities = ScenarioCapabilities()) {
    self.files = files
    self.capabilities = capabilities
  }
}
