package import Fleet
package import Model

/// Turns what the hub sends into checks that can be run: the composition of the program knows how, this target does not.
package protocol ConfigurationLoader: Sendable {
  /// Puts a configuration, or other values, in force. Never called twice at a time.
  ///
  /// - Parameters:
  ///   - change: nil where the configuration stays as it is.
  ///   - values: nil where they stay as they are.
  func load(
    _ change: ConfigurationChange?, values: SuppliedValues?
  ) async throws(ConfigurationFault) -> LoadedConfiguration
}

/// What is in force.
package struct LoadedConfiguration: Sendable {
  package var version: Int64
  /// The checks whose values are known here.
  package var checks: [Check]

  /// A configuration in force.
  package init(version: Int64, checks: [Check]) {
    self.version = version
    self.checks = checks
  }
}

/// Why a configuration is not put in force.
package struct ConfigurationFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong with it, without any secret.
  package let description: String
  /// Whether something is missing, so that all of it has to be asked for.
  package let isIncomplete: Bool

  /// A fault in words.
  package init(_ description: String, isIncomplete: Bool = false) {
    self.description = description
    self.isIncomplete = isIncomplete
  }
}
