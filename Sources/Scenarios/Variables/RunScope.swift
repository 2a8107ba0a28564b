import Documents
package import Expressions
package import Model
import Synchronization

/// Which run this is, for `run` in expressions.
package struct RunIdentity: Hashable, Sendable {
  package var id: String
  package var check: String
  package var region: String
  /// The number of the slot.
  package var slot: Int64
  /// 32 lower-case hex digits.
  package var traceID: String

  /// The identity of a run.
  package init(id: String, check: String, region: String, slot: Int64, traceID: String) {
    self.id = id
    self.check = check
    self.region = region
    self.slot = slot
    self.traceID = traceID
  }
}

/// What expressions and templates see in one run: variables are evaluated on first use, and at most once.
///
/// What the steps of a journey give values to lies in a scope of its own over that of the run (`JourneyScope`), with all
/// that depends on it: everything else is still computed once a run, whatever the number of rows and attempts.
package final class RunScope: Sendable {
  private struct State {
    var values: [String: Value] = [:]
    var failures: [String: EvaluationError] = [:]
    /// Being evaluated right now: a variable that meets itself here would never end.
    var open: Set<String> = []
    /// What captures, `set` and parameters gave.
    var assigned: [String: Value] = [:]
    /// Scopes of the same run over other variables, by their identity.
    var companions: [ObjectIdentifier: RunScope] = [:]
    /// Of the run itself: values that its companions compute too.
    var shared: [VariableOrigin: Value] = [:]
    /// What the rows of `each` give, by their number.
    var rows: [Int: RowValues] = [:]
  }

  private let variables: VariableScope
  private let run: RunIdentity
  private let now: @Sendable () -> Timestamp
  /// The scope of the run; nil for that itself.
  private let base: RunScope?
  /// The scope of the run, of which this one is a companion.
  private let leader: RunScope?
  private let row: RowValues?
  /// What steps have shown so far.
  let steps: StepRecords
  private let state = Mutex(State())

  /// The scope of one run.
  package convenience init(variables: VariableScope, run: RunIdentity, now: @escaping @Sendable () -> Timestamp) {
    self.init(variables, run: run, now: now)
  }

  private init(
    _ variables: VariableScope, run: RunIdentity, now: @escaping @Sendable () -> Timestamp, base: RunScope? = nil,
    leader: RunScope? = nil, row: RowValues? = nil
  ) {
    self.variables = variables
    self.run = run
    self.now = now
    self.base = base
    self.leader = leader
    self.row = row
    steps = StepRecords()
  }

  /// A scope over this one, the run's, in which steps give values to variables.
  ///
  /// - Parameters:
  ///   - variables: what the steps see; those of a fragment are not those of the run.
  ///   - row: the row of `each`, with its number.
  func layer(over variables: VariableScope, row: (number: Int, values: JourneyRow)? = nil) -> RunScope {
    let values = row.map { row in
      state.withLock { state in
        if let known = state.rows[row.number] { return known }
        let values = RowValues(row.values, run: self)
        state.rows[row.number] = values
        return values
      }
    }
    return RunScope(variables, run: run, now: now, base: companion(over: variables), row: values)
  }

  /// The scope of the same run over other variables.
  private func companion(over variables: VariableScope) -> RunScope {
    guard variables !== self.variables else { return self }
    return state.withLock { state in
      if let known = state.companions[ObjectIdentifier(variables)] { return known }
      let companion = RunScope(variables, run: run, now: now, leader: self)
      state.companions[ObjectIdentifier(variables)] = companion
      return companion
    }
  }

  /// Gives a variable a value; what depends on it is computed anew when it is next asked for.
  func assign(_ value: Value, to name: String) {
    state.withLock { state in
      state.assigned[name] = value
      for dependent in variables.dependents[name] ?? [] { state.values[dependent] = nil }
    }
  }

  /// What templates see: no facts.
  package func bindings() -> ScopeBindings<NoBindings> { ScopeBindings(facts: NoBindings(), scope: self) }

  /// What expectations see: facts first, so that they shadow variables of the same name.
  package func bindings<Facts: Bindings>(facts: Facts) -> ScopeBindings<Facts> {
    ScopeBindings(facts: facts, scope: self)
  }

  fileprivate func value(of name: String) throws(EvaluationError) -> Value? {
    switch name {
    case "vars": .map(MapValue(lazy: VariableMembers(scope: self)))
    case "env": .map(variables.environment)
    case "secrets": .map(variables.secrets)
    case "now": Self.value(of: now()).map(Value.timestamp)
    case "steps": .map(MapValue(lazy: steps))
    case "run":
      .map(
        MapValue([
          "id": .string(run.id), "check": .string(run.check), "region": .string(run.region), "slot": .int(run.slot),
          "trace_id": .string(run.traceID),
        ]))
    default: try variable(name)
    }
  }

  private static func value(of moment: Timestamp) -> TimestampValue? {
    let seconds = moment.nanosecondsSinceEpoch.flooredQuotient(by: 1_000_000_000)
    return TimestampValue(
      seconds: seconds, nanoseconds: Int32(moment.nanosecondsSinceEpoch.flooredRemainder(by: 1_000_000_000)))
  }

  fileprivate func variable(_ name: String) throws(EvaluationError) -> Value? {
    if let constant = variables.constants[name] { return constant }
    if let given = try given(name) { return given }
    // What nothing here changes is the same for the whole run.
    if let base, !variables.changing.contains(name) { return try base.variable(name) }
    guard let tree = variables.templates[name] else {
      if let reason = variables.late[name] { throw EvaluationError(.variable, reason) }
      return nil
    }
    let known: Result<Value, EvaluationError>? = state.withLock { state in
      if let value = state.values[name] { return .success(value) }
      if let failure = state.failures[name] { return .failure(failure) }
      if !state.open.insert(name).inserted {
        return .failure(EvaluationError(.variable, "variable '\(name)' uses itself"))
      }
      return nil
    }
    if let known { return try known.get() }
    // Not under the lock: evaluating may ask for further variables.
    do {
      let value: Value
      if let known = shared(name) { value = known } else { value = try tree.rendered(bindings()).value }
      share(value, as: name)
      state.withLock { state in
        state.open.remove(name)
        state.values[name] = value
      }
      return value
    } catch {
      let failure = EvaluationError(.variable, "variable '\(name)': \(error.message)")
      state.withLock { state in
        state.open.remove(name)
        // A step to come may capture what was missing.
        if base == nil { state.failures[name] = failure }
      }
      throw failure
    }
  }

  /// The value that another scope of the run computed of the same.
  private func shared(_ name: String) -> Value? {
    guard base == nil, let origin = variables.origins[name] else { return nil }
    return (leader ?? self).state.withLock { $0.shared[origin] }
  }

  private func share(_ value: Value, as name: String) {
    guard base == nil, let origin = variables.origins[name] else { return }
    (leader ?? self).state.withLock { $0.shared[origin] = value }
  }

  /// What a step, a parameter or a row gave.
  private func given(_ name: String) throws(EvaluationError) -> Value? {
    guard base != nil else { return nil }
    if let value = state.withLock({ $0.assigned[name] }) { return value }
    return try row?.value(of: name)
  }

  fileprivate func hasValue(_ name: String) -> Bool {
    variables.constants[name] != nil || variables.templates[name] != nil || row?.contains(name) == true
      || state.withLock { $0.assigned[name] != nil }
  }

  fileprivate var variableNames: [String] {
    let assigned = state.withLock { $0.assigned.keys.map(\.self) } + (row?.names ?? [])
    return assigned.isEmpty ? variables.names : Set(variables.names).union(assigned).sorted()
  }
}

/// One row of `each` in one run: its templates are evaluated on first use, and at most once, whatever the number of attempts.
/// They see the variables of the run, and not one another.
private final class RowValues: Sendable {
  private let row: JourneyRow
  private let run: RunScope
  private let known = Mutex<[String: Result<Value, EvaluationError>]>([:])

  init(_ row: JourneyRow, run: RunScope) {
    self.row = row
    self.run = run
  }

  var names: [String] { Array(row.variables.keys) }

  func contains(_ name: String) -> Bool { row.variables[name] != nil }

  func value(of name: String) throws(EvaluationError) -> Value? {
    guard let tree = row.variables[name] else { return nil }
    if let known = known.withLock({ $0[name] }) { return try known.get() }
    let result: Result<Value, EvaluationError>
    do throws(TemplateFailure) {
      result = .success(try tree.rendered(run.bindings()).value)
    } catch {
      result = .failure(EvaluationError(.variable, "variable '\(name)': \(error.message)"))
    }
    known.withLock { $0[name] = result }
    return try result.get()
  }
}

/// Facts, and behind them what the scope of the run holds.
package struct ScopeBindings<Facts: Bindings>: Bindings {
  private let facts: Facts
  private let scope: RunScope

  fileprivate init(facts: Facts, scope: RunScope) {
    self.facts = facts
    self.scope = scope
  }

  /// The fact of that name, else what the scope holds under it.
  package func value(of name: String) throws(EvaluationError) -> Value? {
    if let fact = try facts.value(of: name) { return fact }
    return try scope.value(of: name)
  }
}

/// `vars`, whose members are evaluated when they are asked for.
private final class VariableMembers: LazyMembers {
  private let scope: RunScope

  init(scope: RunScope) {
    self.scope = scope
  }

  var names: [String] { scope.variableNames }

  func contains(_ name: String) -> Bool { scope.hasValue(name) }

  func member(_ name: String) throws(EvaluationError) -> Value? { try scope.variable(name) }
}
