package import Model

/// One probe as a door was asked for it.
package struct ProbeRequest: Hashable, Sendable {
  /// What is probed, as it was given.
  package var target: String
  /// `hostname` of the query: the `Host` and the name in TLS, for http and tcp.
  package var hostname: String?

  /// A request with everything said.
  package init(target: String, hostname: String? = nil) {
    self.target = target
    self.hostname = hostname
  }
}

/// How near to blackbox_exporter's faults a probe stays (docs/blackbox.md names each of them).
package enum Compatibility: Hashable, Sendable {
  /// Known faults are mended.
  case mended
  /// `--compat=strict`: faults that a dashboard could depend on stay.
  case strict
}

/// What a module needs to know beside its own text to make a spec: files, the environment, and how faithful to be.
package struct ModuleSurroundings: Sendable {
  package var compatibility: Compatibility
  /// The variables of the process that name proxies (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, and in lower case).
  package var environment: [String: String]
  /// The bytes of a file; relative paths start from the process's directory.
  package var readFile: @Sendable (String) -> Result<[UInt8], ModuleFault>
  /// The `User-Agent` of requests that name none.
  package var userAgent: String

  /// Surroundings with everything said.
  package init(
    compatibility: Compatibility, environment: [String: String], userAgent: String,
    readFile: @escaping @Sendable (String) -> Result<[UInt8], ModuleFault>
  ) {
    self.compatibility = compatibility
    self.environment = environment
    self.userAgent = userAgent
    self.readFile = readFile
  }
}
