import Expressions
import Model
import Scenarios

/// What a step takes from its exchange, or computes: variables for the steps after it, and numbers for metrics.
struct Harvest {
  /// The longest text of a value on record, in bytes.
  private static let textLimit = 1024
  /// From here on a text is cut before it is written as JSON: what is shown of it lies far before.
  private static let longText = 64 << 10

  private let step: JourneyStep
  private let journey: JourneyScope?
  private let scope: RunScope
  private var values: [(name: String, value: Value)] = []
  private(set) var measures: [String: Double] = [:]
  /// Why the first that could not be had is not there.
  private(set) var failure: Reason?

  /// Takes captures and measures of the step. Each capture is seen by those after it, and one that fails keeps none of them
  /// from its turn.
  ///
  /// - Parameters:
  ///   - journey: nil for a plain check, which has no captures.
  ///   - scope: what the step sees, and what it assigns.
  init(of step: JourneyStep, in journey: JourneyScope?, _ scope: RunScope, _ facts: FactBindings) {
    self.step = step
    self.journey = journey
    self.scope = scope
    for capture in step.captures {
      guard let value = value(of: capture, "capture", facts, code: .captureFailed) else { continue }
      if case .null = value {
        fail(capture, .captureFailed, "capture \(capture.name) found nothing: \(capture.expression.source) is null")
        continue
      }
      journey?.assign(value, to: capture.name, by: step)
      values.append((capture.name, value))
    }
    for measure in step.measures {
      guard let value = value(of: measure, "measure", facts, code: .captureFailed) else { continue }
      guard let number = value.asDouble, number.isFinite else {
        let found = step.isSensitive || value.asDouble == nil ? value.kind : "\(value.asDouble ?? 0)"
        fail(
          measure, .captureFailed,
          "measure \(measure.name) is no finite number: \(measure.expression.source) is \(found)")
        continue
      }
      measures[measure.name] = number
    }
  }

  /// Computes variables; an error is one of who wrote them.
  init(setting assignments: [Assignment], by step: JourneyStep, in journey: JourneyScope?, _ scope: RunScope) {
    self.step = step
    self.journey = journey
    self.scope = scope
    for assignment in assignments {
      guard let value = value(of: assignment, "set", NoBindings(), code: .templateFailed) else { return }
      journey?.assign(value, to: assignment.name, by: step)
      values.append((assignment.name, value))
    }
  }

  /// What was captured or computed, as the record shows it: JSON, masked and bounded.
  func captures(by redactor: Redactor) -> [String: String] {
    guard !values.isEmpty else { return [:] }
    return Dictionary(
      values.map { ($0.name, step.isSensitive ? Redactor.mask : Self.text(of: $0.value, by: redactor)) }
    ) {
      _, last in last
    }
  }

  private mutating func value(
    of assignment: Assignment, _ word: String, _ facts: some Bindings, code: ReasonCode
  ) -> Value? {
    let bindings = scope.bindings(facts: facts)
    do throws(EvaluationError) {
      return try assignment.expression.expression.evaluate(bindings)
    } catch {
      switch error.code {
      case .cancelled: fail(assignment, .cancelled, "the run was cancelled while \(word) was evaluated")
      case .variable: fail(assignment, .templateFailed, "\(word) \(assignment.name): \(error.message)", error.range)
      default:
        let why =
          step.isSensitive
          ? "\(assignment.expression.source) has no value"
          : assignment.expression.expression.explain(bindings).summary
        fail(assignment, code, "\(word) \(assignment.name): \(why)", error.range)
      }
      return nil
    }
  }

  private mutating func fail(
    _ assignment: Assignment, _ code: ReasonCode, _ message: String, _ range: Range<Int>? = nil
  ) {
    failure =
      failure
      ?? Reason(
        code: code, step: step.name, message: message, excerpt: assignment.expression.excerpt(of: range))
  }

  private static func text(of value: Value, by redactor: Redactor) -> String {
    var value = value
    if case .string(let text) = value, text.utf8.count > longText {
      value = .string(String(decoding: text.utf8.prefix(longText), as: UTF8.self))
    }
    // A value with a member that cannot be had, such as the JSON of a step's body that is none.
    guard let json = try? JSON.write(value) else { return JSON.quote(value.kind) }
    let shown = redactor.redact(Array(json.utf8), upTo: textLimit)
    let text = String(decoding: shown, as: UTF8.self)
    return json.utf8.count > textLimit ? text + "…" : text
  }
}
