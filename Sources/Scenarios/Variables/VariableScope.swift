import Expressions
import Model

/// The variables, secrets and environment that one file's checks see.
package final class VariableScope: Sendable {
  /// Variables whose value no run can change.
  let constants: [String: Value]
  /// Those that are computed once a run.
  let templates: [String: TemplateTree]
  /// The process environment, as expressions see it.
  let environment: MapValue
  /// Secrets, as expressions see them.
  let secrets: MapValue
  /// All variables, in the order of their names.
  let names: [String]

  init(constants: [String: Value], templates: [String: TemplateTree], environment: MapValue, secrets: MapValue) {
    self.constants = constants
    self.templates = templates
    self.environment = environment
    self.secrets = secrets
    names = (Array(constants.keys) + templates.keys).sorted()
  }
}
