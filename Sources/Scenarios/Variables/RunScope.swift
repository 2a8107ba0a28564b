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
package final class RunScope: Sendable {
  private struct State {
    var values: [String: Value] = [:]
    var failures: [String: EvaluationError] = [:]
    /// Being evaluated right now: a variable that meets itself here would never end.
    var open: Set<String> = []
  }

  private let variables: VariableScope
  private let run: RunIdentity
  private let now: @Sendable () -> Timestamp
  private let state = Mutex(State())

  /// The scope of one run.
  package init(variables: VariableScope, run: RunIdentity, now: @escaping @Sendable () -> Timestamp) {
    self.variables = variables
    self.run = run
    self.now = now
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
    case "steps": .map(MapValue())
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
    guard let tree = variables.templates[name] else { return nil }
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
      let value = try tree.rendered(bindings()).value
      state.withLock { state in
        state.open.remove(name)
        state.values[name] = value
      }
      return value
    } catch {
      let failure = EvaluationError(.variable, "variable '\(name)': \(error.message)")
      state.withLock { state in
        state.open.remove(name)
        state.failures[name] = failure
      }
      throw failure
    }
  }

  fileprivate var variableNames: [String] { variables.names }
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

  func member(_ name: String) throws(EvaluationError) -> Value? { try scope.variable(name) }
}
