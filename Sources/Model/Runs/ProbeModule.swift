/// A way to probe any target that has a name of its own: a module of blackbox_exporter.
///
/// A scenario's `module` probe names one; what is sent and what is held of the answer is the module's.
package protocol ProbeModule: Sendable {
  /// Which prober it uses, whose facts expressions see.
  var kind: ProbeKind { get }

  /// What is sent to a target.
  ///
  /// Reads the files that the module names, as often as it is called.
  func spec(for target: String) throws(ModuleFault) -> ProbeSpec

  /// What of the module's own conditions does not hold; nil for a probe that succeeded. Pure.
  ///
  /// - Parameter spec: what was sent.
  func failure(of observation: Observation, to spec: ProbeSpec) -> ProbeFailure?
}

/// The modules that a scenario can name.
package protocol ModuleLibrary: Sendable {
  /// All names, sorted.
  var moduleNames: [String] { get }

  /// The module of that name, or nil.
  func module(named name: String) -> (any ProbeModule)?

  /// What is written in it that nobody may read.
  var secrets: [Secret] { get }
}

extension ModuleLibrary {
  /// None.
  package var secrets: [Secret] { [] }
}

/// Why a module cannot be used with a target: one sentence with the user's value.
package struct ModuleFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// Whose fault it is: `templateFailed` for a target that is no address, `internal` for a file that cannot be read.
  package var code: ReasonCode
  package var message: String

  /// A fault in words.
  package init(_ code: ReasonCode = .templateFailed, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
