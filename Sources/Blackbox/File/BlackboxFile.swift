/// A configuration file that was read: its modules by name.
package struct BlackboxFile: Sendable {
  package var modules: [String: BlackboxModule]

  /// A file with these modules.
  package init(modules: [String: BlackboxModule] = [:]) {
    self.modules = modules
  }
}
