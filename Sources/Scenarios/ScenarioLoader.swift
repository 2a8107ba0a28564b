package import Documents
package import Fleet
import Model

/// What came of loading: a scenario, or all that is wrong.
package struct LoadResult: Sendable {
  /// Nil when any diagnostic is an error.
  package let scenario: Scenario?
  /// In the order of files and lines as they were read.
  package let diagnostics: [Diagnostic]

  /// What came of it.
  package init(scenario: Scenario?, diagnostics: [Diagnostic]) {
    self.scenario = scenario
    self.diagnostics = diagnostics
  }
}

/// Reads scenario files: everything wrong in any of them is told in one pass, and nothing is sent.
package struct ScenarioLoader: Sendable {
  /// The largest file that is read.
  package static let fileLimit = 16 << 20

  private let environment: [String: String]
  private let surroundings: Surroundings
  private let findsNeeds: Bool
  /// On a node: what it was given in place of an environment and of files with secrets.
  private let supplied: SuppliedValues?

  /// - Parameters:
  ///   - environment: the process environment, for `env` and for secrets.
  ///   - capabilities: what may be asked for; nothing that depends on the machine, unless said otherwise.
  ///   - findsNeeds: whether to find out what each check can read of environment and secrets, for `ScenarioSupply`.
  package init(
    environment: [String: String], capabilities: Capabilities = Capabilities(),
    files: any DocumentFiles = DiskFiles(), findsNeeds: Bool = false
  ) {
    self.environment = environment
    self.findsNeeds = findsNeeds
    supplied = nil
    surroundings = Surroundings(files: files, capabilities: capabilities)
  }

  /// A loader of a node, which has no environment and no secrets but those that it was given, and loads no check but those
  /// that they are for. What is missing is empty, and nobody is told of it: whoever made the bundle was told of everything.
  package init(supplied: SuppliedValues, capabilities: Capabilities = Capabilities(), files: any DocumentFiles) {
    environment = supplied.environment
    findsNeeds = false
    self.supplied = supplied
    surroundings = Surroundings(files: files, capabilities: capabilities)
  }

  /// Loads files and directories.
  ///
  /// - Parameters:
  ///   - paths: as the user gave them; `-` means standard input.
  ///   - standardInput: what came from there.
  package func load(
    paths: [String], overrides: Overrides = Overrides(), standardInput: [UInt8]? = nil
  ) -> LoadResult {
    let sink = DiagnosticSink()
    var session = LoadSession(
      environment: environment, surroundings: surroundings, standardInput: standardInput, supplied: supplied,
      findsNeeds: findsNeeds, sink: sink)
    session.read(overrides)
    var collector = FileCollector(files: surroundings.files, sink: sink)
    for path in paths { collector.add(path) }
    let checks = collector.found.flatMap { session.load($0.path) }
    let (services, maintenance) = session.finish()
    if checks.isEmpty, !sink.hasErrors, supplied == nil {
      let names = paths.map { "'\($0)'" }.joined(separator: ", ")
      sink.report(Diagnostic(paths.isEmpty ? "no scenario files were named" : "there are no checks in \(names)"))
    }
    // Tokens are secret wherever they are written.
    let tokens = checks.compactMap(\.check.heartbeat?.token)
    let redactor = Redactor(session.secrets.union(surroundings.capabilities.modules.secrets).union(tokens))
    let scenario = Scenario(
      checks: checks.map { $0.masked(by: redactor) }, services: services.map { $0.masked(by: redactor) },
      maintenance: maintenance.map { $0.masked(by: redactor) }, redactor: redactor, files: session.filesRead,
      directories: collector.directories, roots: collector.found.map(\.path), needs: session.needs)
    return LoadResult(
      scenario: sink.hasErrors && supplied == nil ? nil : scenario,
      diagnostics: sink.finished().map { $0.masked(by: redactor) })
  }
}

extension ServiceDefinition {
  /// With every secret masked that stands in what is shown of it everywhere.
  fileprivate func masked(by redactor: Redactor) -> ServiceDefinition {
    guard !redactor.isEmpty else { return self }
    var service = self
    service.name = redactor.redact(name)
    service.group = group.map(redactor.redact)
    service.labels = labels.mapValues(redactor.redact)
    return service
  }
}

extension MaintenanceWindow {
  /// With every secret masked, in groups and labels as checks have theirs masked.
  fileprivate func masked(by redactor: Redactor) -> MaintenanceWindow {
    guard !redactor.isEmpty else { return self }
    var window = self
    window.title = redactor.redact(title)
    window.scope.groups = Set(scope.groups.map(redactor.redact))
    window.scope.labels = scope.labels.mapValues(redactor.redact)
    return window
  }
}

extension ScenarioCheck {
  /// With every secret masked that stands in what is shown of the check everywhere, such as a name made of `env`.
  fileprivate func masked(by redactor: Redactor) -> ScenarioCheck {
    guard !redactor.isEmpty else { return self }
    var check = check
    check.name = redactor.redact(check.name)
    check.group = check.group.map(redactor.redact)
    check.labels = check.labels.mapValues(redactor.redact)
    return ScenarioCheck(check: check, journey: journey, propagatesTrace: propagatesTrace, variables: variables)
  }
}
