import Expressions
import Synchronization

/// `steps`: what the steps of one frame have shown so far, and under the name of each use of a fragment what its steps have.
final class StepRecords: LazyMembers {
  private struct State {
    var names: [String] = []
    var values: [String: Value] = [:]
  }

  private let state = Mutex(State())

  /// Lets later expressions see what a step showed; a further attempt takes the place of the one before.
  func record(_ value: Value, as name: String) {
    state.withLock { state in
      if state.values.updateValue(value, forKey: name) == nil { state.names.append(name) }
    }
  }

  var names: [String] { state.withLock { $0.names } }

  func contains(_ name: String) -> Bool { state.withLock { $0.values[name] != nil } }

  func member(_ name: String) throws(EvaluationError) -> Value? {
    if let value = state.withLock({ $0.values[name] }) { return value }
    // What no step is called was found at load.
    throw EvaluationError(
      .noSuchKey, "step '\(name)' has not run: ask has(steps.\(name)) first where it may have been skipped")
  }
}
