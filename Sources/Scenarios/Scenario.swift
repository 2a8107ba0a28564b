package import Model

/// All that the named files say.
package struct Scenario: Sendable {
  /// In the order of the files, and in each as written.
  package let checks: [ScenarioCheck]
  /// What checks stand for together, in the order of the files.
  package let services: [ServiceDefinition]
  /// Planned work, in the order of the files.
  package let maintenance: [MaintenanceWindow]
  /// Masks every secret of the files.
  package let redactor: Redactor
  /// Every file that was read, for whoever watches them for changes.
  package let files: [String]
  /// Every directory that was walked, in which new files may appear.
  package let directories: [String]
  /// The files that were named, in order, and those of directories one by one; `-` is standard input.
  package let roots: [String]
  /// What each check can read from outside of the files; nothing unless that was asked for.
  package let needs: ScenarioNeeds

  init(
    checks: [ScenarioCheck], services: [ServiceDefinition] = [], maintenance: [MaintenanceWindow] = [],
    redactor: Redactor, files: [String], directories: [String], roots: [String] = [],
    needs: ScenarioNeeds = ScenarioNeeds()
  ) {
    self.checks = checks
    self.services = services
    self.maintenance = maintenance
    self.redactor = redactor
    self.files = files
    self.directories = directories
    self.roots = roots
    self.needs = needs
  }
}

/// A check with what it sends and expects.
package struct ScenarioCheck: Sendable {
  /// Identity, rhythm and promise; a command may lay a rule of its own over them.
  package var check: Check
  /// What it does; one step for a plain check.
  package let journey: Journey
  /// Whether requests carry `traceparent`.
  package let propagatesTrace: Bool
  /// What its expressions and templates see; shared by the checks of a file.
  package let variables: VariableScope

  init(check: Check, journey: Journey, propagatesTrace: Bool, variables: VariableScope) {
    self.check = check
    self.journey = journey
    self.propagatesTrace = propagatesTrace
    self.variables = variables
  }
}
