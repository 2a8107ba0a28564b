package import Model

/// What the program around the reader can do; a file that asks for more is refused.
package struct Capabilities: Sendable {
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

/// What reading a file meets outside of its text.
package struct Surroundings: Sendable {
  /// Where paths lead.
  package let files: any DocumentFiles
  /// What may be asked for.
  package let capabilities: Capabilities

  /// Surroundings with everything said; by default nothing may be asked for that depends on the machine.
  package init(files: any DocumentFiles, capabilities: Capabilities = Capabilities()) {
    self.files = files
    self.capabilities = capabilities
  }
}
