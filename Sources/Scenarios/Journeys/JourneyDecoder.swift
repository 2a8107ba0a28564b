import Documents
import Expressions
import Model

/// Reads the `journey` of a check.
struct JourneyDecoder {
  /// What a check takes from it.
  struct Decoded {
    let journey: Journey
    /// What its own steps see.
    let variables: VariableScope
    /// The host that it talks to first, where that is known.
    let host: String?
  }

  let scopes: FileScopes
  let fragments: FragmentDecoder
  let log: FileLog

  /// Nil after a fault that leaves nothing to run.
  ///
  /// - Parameters:
  ///   - checkVariables: `variables` of the check.
  ///   - isSensitive: `sensitive` of the check.
  func decode(
    _ entry: YAMLNode.Entry, checkVariables: Fields<YAMLNode>, checkCompiler: ScopeCompiler, isSensitive: Bool,
    _ reader: Reader
  ) -> Decoded? {
    guard let node = constant(entry.value, checkCompiler),
      let section = Section(node, JourneyKeys.table, owner: entry.key, reader)
    else { return nil }
    let (stepNodes, cleanupNodes) = (section(JourneyKeys.steps), section(JourneyKeys.finally) ?? [])
    let variables = section(JourneyKeys.variables) ?? []
    let source = RowsDecoder(reader: reader, log: log)
    let rows = section(JourneyKeys.each).map(source.read)
    let columns = Set((rows ?? []).flatMap { $0.values.map(\.name) }).subtracting(scopes.overridingNames)
    var forecast = StepForecast((stepNodes ?? []) + cleanupNodes, fragments: fragments)
    forecast.add(given: columns.sorted())
    let compiler = scopes.compiler(own: [checkVariables, variables], late: forecast.late, absentSteps: forecast.steps)
    let written = Set(compiler.scope.names)
    let compiled = rows.map { rows in
      source.compiled(rows, with: compiler, overriding: scopes.overridingNames, isKnown: written.contains)
    }
    for (name, type) in compiled?.types ?? [:] {
      compiler.learn(name, written.contains(name) ? type.joined(with: compiler.types[name] ?? type) : type)
    }
    let steps = StepsDecoder(
      compiler: compiler, fragments: fragments, known: written.union(columns), reader: reader)
    let (entries, cleanup) = (steps.steps(stepNodes ?? []), steps.cleanup(cleanupNodes))
    let cleanupTimeout = section(JourneyKeys.finallyTimeout) ?? .seconds(10)
    if section.has(JourneyKeys.finallyTimeout), !section.has(JourneyKeys.finally),
      let key = section.entry(JourneyKeys.finallyTimeout.name)?.key
    {
      reader.fault("'finally_timeout' needs 'finally' beside it", at: key)
    }
    let reusesConnections = section(JourneyKeys.connections) ?? true
    let isWhole = steps.isComplete && entries.count == stepNodes?.count
    guard isWithinBounds(entries, cleanup, section, isWhole: isWhole, reader) else { return nil }
    var expander = JourneyExpander(variables: compiler.scope, isSensitive: isSensitive)
    let (expanded, expandedCleanup) = (expander.expand(entries), expander.expand(cleanup))
    let journey = Journey(
      steps: expanded, cleanup: expandedCleanup, cleanupTimeout: cleanupTimeout, rows: compiled?.rows,
      reusesConnections: reusesConnections, frames: expander.frames)
    return Decoded(journey: journey, variables: compiler.scope, host: expander.host)
  }

  /// The map with what must be known before any run evaluated: all but variables and steps.
  private func constant(_ node: YAMLNode, _ compiler: ScopeCompiler) -> YAMLNode? {
    guard case .mapping(let entries) = node.content else { return node }
    let late = [JourneyKeys.variables.name, JourneyKeys.steps.name, JourneyKeys.finally.name]
    let evaluated = entries.map { entry -> YAMLNode.Entry in
      if late.contains(entry.name) { return entry }
      if entry.name == JourneyKeys.each.name, entry.value.entry(named: EachKeys.rows.name)?.value.text == nil {
        return entry
      }
      let value = compiler.constant(entry.value) ?? entry.value.replacing(.pending(.dyn), isRendered: true)
      return .init(key: entry.key, value: value)
    }
    return node.replacing(.mapping(evaluated), isRendered: false)
  }

  private func isWithinBounds(
    _ steps: [StepEntry], _ cleanup: [StepEntry], _ section: Section, isWhole: Bool, _ reader: Reader
  ) -> Bool {
    let count = (steps + cleanup).totalCount
    let place = section.entry(JourneyKeys.steps.name)?.key ?? section.node
    if count > JourneyExpander.limit {
      reader.fault(
        "the journey has \(count == .max ? "endlessly many" : "\(count)") steps with those of fragments, and at most "
          + "\(JourneyExpander.limit) are run", at: place)
      return false
    }
    // Of entries with faults enough was said.
    if isWhole, steps.totalCount == 0 {
      reader.fault("a journey needs a step", at: place)
    }
    return true
  }
}
