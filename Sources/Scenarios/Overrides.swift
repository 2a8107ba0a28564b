/// What the command line says about variables.
package struct Overrides: Hashable, Sendable {
  /// `name=value` as given to `--var`, in order; the value is read as YAML.
  package var variables: [String]
  /// Files given to `--vars-file`, in order: maps of variables.
  package var variableFiles: [String]
  /// `NAME=URL` as given to `--base`, in order.
  package var bases: [String]

  /// Nothing, unless said otherwise.
  package init(variables: [String] = [], variableFiles: [String] = [], bases: [String] = []) {
    self.variables = variables
    self.variableFiles = variableFiles
    self.bases = bases
  }
}
