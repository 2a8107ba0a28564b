import Documents
package import Expressions
import Synchronization

/// What the steps of one journey see while it goes on: the variables of the run, and over them what rows, fragments, captures
/// and `set` gave. One for each row, and for each attempt of all steps.
package final class JourneyScope: Sendable {
  private let journey: Journey
  private let run: RunScope
  private let frames: Mutex<[Int: RunScope]>
  /// Whether each use of a fragment runs, once that is decided.
  private let uses = Mutex<[Int: Bool]>([:])

  /// A scope in which nothing has happened yet.
  ///
  /// - Parameters:
  ///   - run: computes the variables that are the same in all attempts and rows.
  ///   - row: which row of `each`, counted from 0; nil without rows.
  package init(journey: Journey, run: RunScope, row: Int? = nil) {
    self.journey = journey
    self.run = run
    let values = row.flatMap { number in journey.rows.map { (number, $0[number]) } }
    frames = Mutex([0: run.layer(over: journey.frames[0].variables, row: values)])
  }

  /// Whether the step runs, by its `when` and by that of the use of the fragment that it belongs to.
  ///
  /// The `when` of a use is decided before the first step of it, and holds for all: what the fragment captures does not
  /// change it half-way.
  package func runs(_ step: JourneyStep) throws(TemplateFailure) -> Bool {
    guard try runs(frame: step.frame) else { return false }
    guard let condition = step.condition else { return true }
    return try condition.holds(in: scope(of: step))
  }

  private func runs(frame number: Int) throws(TemplateFailure) -> Bool {
    if let known = uses.withLock({ $0[number] }) { return known }
    let frame = journey.frames[number]
    guard let parent = frame.parent else { return true }
    var isRun = try runs(frame: parent)
    if isRun, let condition = frame.condition { isRun = try condition.holds(in: scope(ofFrame: parent)) }
    uses.withLock { $0[number] = isRun }
    return isRun
  }

  /// What the templates and expressions of a step see. The first step of a use of a fragment evaluates what the fragment is
  /// given.
  package func scope(of step: JourneyStep) throws(TemplateFailure) -> RunScope {
    try scope(ofFrame: step.frame)
  }

  private func scope(ofFrame number: Int) throws(TemplateFailure) -> RunScope {
    if let known = frames.withLock({ $0[number] }) { return known }
    let frame = journey.frames[number]
    let scope = run.layer(over: frame.variables)
    if let number = frame.parent {
      let parent = try self.scope(ofFrame: number)
      for (name, tree) in frame.parameters.sorted(by: { $0.key < $1.key }) {
        scope.assign(try tree.rendered(parent.bindings()).value, to: name)
      }
    }
    frames.withLock { $0[number] = scope }
    return scope
  }

  /// Gives a variable the value that a step captured or computed.
  ///
  /// It holds in the step's frame, and in that of the step that uses the fragment when the fragment gives it out: an output,
  /// or without `outputs` every capture.
  package func assign(_ value: Value, to name: String, by step: JourneyStep) {
    var isCapture = true
    if case .set = step.action { isCapture = false }
    var number = step.frame
    while true {
      frames.withLock { $0[number] }?.assign(value, to: name)
      let frame = journey.frames[number]
      guard let parent = frame.parent, frame.outputs?.contains(name) ?? isCapture else { return }
      // What a fragment gives out counts as a capture of the step that uses it.
      isCapture = true
      number = parent
    }
  }

  /// Lets later steps see what this one saw, under `steps`.
  package func record(_ facts: Value, of step: JourneyStep) {
    var (number, name, value) = (step.frame, step.localName, facts)
    while let scope = frames.withLock({ $0[number] }) {
      scope.steps.record(value, as: name)
      guard let parent = journey.frames[number].parent, let prefix = journey.frames[number].prefix else { return }
      (number, name, value) = (parent, prefix, .map(MapValue(lazy: scope.steps)))
    }
  }
}

extension WrittenExpression {
  /// What a `when` comes to.
  fileprivate func holds(in scope: RunScope) throws(TemplateFailure) -> Bool {
    do throws(EvaluationError) {
      let value = try expression.evaluate(scope.bindings())
      if case .bool(let holds) = value { return holds }
      throw EvaluationError(.noSuchOverload, "'when' must give bool, and this gives \(value.kind)")
    } catch {
      throw TemplateFailure(message: error.message, excerpt: excerpt(of: error.range))
    }
  }
}

extension JourneyStep {
  /// Its name as the steps beside it know it: no step's name holds a dot, so that what precedes the last one is the path of
  /// the fragments.
  fileprivate var localName: String {
    name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? name
  }
}
