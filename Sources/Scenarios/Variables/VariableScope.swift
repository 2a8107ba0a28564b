import Documents
import Expressions
import Model

/// The variables, secrets and environment that one file's checks, one journey, or one fragment's steps see.
package final class VariableScope: Sendable {
  /// Variables whose value no run can change.
  let constants: [String: Value]
  /// Those that are computed once a run, or anew when what they use gets another value.
  let templates: [String: TemplateTree]
  /// Names that get a value while the run goes on, from a capture, a `set`, a row or a parameter, with what is said of one
  /// that has none yet. One of them may be written as a variable too, which holds until then.
  let late: [String: String]
  /// By such a name: the variables whose value changes with it.
  let dependents: [String: Set<String>]
  /// All of those variables.
  let changing: Set<String>
  /// What a variable that is computed in a run is made of: made of the same where a fragment sees it and where the journey
  /// does, it has the same value for both.
  let origins: [String: VariableOrigin]
  /// The process environment, as expressions see it.
  let environment: MapValue
  /// Secrets, as expressions see them.
  let secrets: MapValue
  /// All variables that are written, in the order of their names.
  let names: [String]

  init(
    constants: [String: Value], templates: [String: TemplateTree], late: [String: String] = [:],
    dependents: [String: Set<String>] = [:], origins: [String: VariableOrigin] = [:], environment: MapValue,
    secrets: MapValue
  ) {
    self.constants = constants
    self.templates = templates
    self.late = late
    self.dependents = dependents
    self.origins = origins
    changing = dependents.values.reduce(into: []) { $0.formUnion($1) }
    self.environment = environment
    self.secrets = secrets
    names = (Array(constants.keys) + templates.keys).sorted()
  }
}

/// The places where a variable, and all that it uses, are written.
struct VariableOrigin: Hashable, Sendable {
  private let nodes: Set<ObjectIdentifier>

  init(_ node: YAMLNode, using others: [VariableOrigin]) {
    nodes = others.reduce(into: [ObjectIdentifier(node)]) { $0.formUnion($1.nodes) }
  }
}
