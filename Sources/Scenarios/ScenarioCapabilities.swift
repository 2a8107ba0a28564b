package import Model

/// What the program around the loader can do; a scenario that asks for more is refused at load.
package struct ScenarioCapabilities: Sendable {
  /// Whether HTTP/3 is spoken: that depends on the libcurl that is installed.
  package var http3: Bool
  /// The modules that `module` probes can name.
  package var modules: any ModuleLibrary

  /// - Parameters:
  ///   - http3: whether HTTP/3 is spoken.
  ///   - modules: what `module` probes can name.
  package init(http3: Bool = false, modules: any ModuleLibrary = NoModules()) {
    self.http3 = http3
    self.modules = modules
  }
}

/// A library without a module.
package struct NoModules: ModuleLibrary {
  /// The one there is.
  package init() {}

  package var moduleNames: [String] { [] }
  package func module(named name: String) -> (any ProbeModule)? { nil }
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
