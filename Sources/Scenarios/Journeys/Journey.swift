import Documents
package import Expressions
package import Model

/// What one run of a check does, in order. A plain check is a journey of one step.
package struct Journey: Sendable {
  /// The steps, fragments expanded.
  package let steps: [JourneyStep]
  /// `finally`: what runs after success, failure and time-out.
  package let cleanup: [JourneyStep]
  /// What bounds all of `cleanup`.
  package let cleanupTimeout: Duration
  /// The rows of `each`, one run of all steps a row; nil where there are none.
  package let rows: [JourneyRow]?
  /// Whether a connection serves the steps after the one that opened it.
  package let reusesConnections: Bool
  /// What the steps of each use of a fragment see; the first is the journey's own.
  let frames: [JourneyFrame]

  init(
    steps: [JourneyStep], cleanup: [JourneyStep] = [], cleanupTimeout: Duration = .seconds(10),
    rows: [JourneyRow]? = nil, reusesConnections: Bool = true, frames: [JourneyFrame]
  ) {
    self.steps = steps
    self.cleanup = cleanup
    self.cleanupTimeout = cleanupTimeout
    self.rows = rows
    self.reusesConnections = reusesConnections
    self.frames = frames
  }

  /// Whether TLS is asked for, or may be: only the run knows what templates give.
  package var asksForTLS: Bool {
    (steps + cleanup).contains { step in
      guard case .probe(let probe) = step.action else { return false }
      return probe.probe.fixed?.asksForTLS ?? true
    }
  }

  /// The journey of a plain check.
  init(_ step: Step, measures: [Assignment], variables: VariableScope) {
    self.init(
      steps: [
        JourneyStep(name: step.name, action: .probe(step), measures: measures, frame: 0, origin: step.probe.origin)
      ],
      frames: [JourneyFrame(variables: variables)])
  }
}

/// One step of a journey, or one entry without a probe.
package struct JourneyStep: Sendable {
  /// What it does.
  package enum Action: Sendable {
    /// Makes an exchange, and judges it.
    case probe(Step)
    /// Judges what is known, without an exchange.
    case assert([Expectation])
    /// Computes variables.
    case set([Assignment])
    /// Waits.
    case pause(PauseTemplate)
  }

  /// As it is recorded, unique in the journey: `PREFIX.step` for one of a fragment.
  package let name: String
  /// `when`: without it, or where it holds, the step runs.
  package let condition: WrittenExpression?
  /// What it does.
  package let action: Action
  /// What is taken from an exchange into variables, in written order.
  package let captures: [Assignment]
  /// What is exported as numbers, in written order.
  package let measures: [Assignment]
  /// Whether the steps after it run though it failed.
  package let continues: Bool
  /// What bounds the step with all its attempts; nil leaves it the time of the check.
  package let timeout: Duration?
  /// Whether bodies and values stay out of every record.
  package let isSensitive: Bool
  /// Which of the journey's frames it belongs to.
  let frame: Int
  /// The key that says what it does.
  private let node: YAMLNode

  init(
    name: String, condition: WrittenExpression? = nil, action: Action, captures: [Assignment] = [],
    measures: [Assignment] = [], continues: Bool = false, timeout: Duration? = nil, isSensitive: Bool? = nil,
    frame: Int, origin node: YAMLNode
  ) {
    self.name = name
    self.condition = condition
    self.action = action
    self.captures = captures
    self.measures = measures
    self.continues = continues
    self.timeout = timeout
    if let isSensitive {
      self.isSensitive = isSensitive
    } else if case .probe(let step) = action {
      self.isSensitive = step.isSensitive
    } else {
      self.isSensitive = false
    }
    self.frame = frame
    self.node = node
  }

  /// Where it is written.
  package var origin: SourceExcerpt { node.excerpt }

  /// The step where the journey has it.
  ///
  /// - Parameter isSensitive: what holds where the step itself says nothing.
  func placed(as name: String, frame: Int, isSensitive: Bool) -> JourneyStep {
    var action = action
    if case .probe(let step) = action { action = .probe(step.placed(as: name, isSensitive: isSensitive)) }
    return JourneyStep(
      name: name, condition: condition, action: action, captures: captures, measures: measures, continues: continues,
      timeout: timeout, isSensitive: isSensitive, frame: frame, origin: node)
  }

  /// Which kind of probe it makes; nil for an entry without one.
  package var kind: ProbeKind? {
    if case .probe(let step) = action { step.kind } else { nil }
  }
}

/// A name, and the expression whose value it is given.
package struct Assignment: Sendable {
  /// The variable, or the measure.
  package let name: String
  /// What gives the value.
  package let expression: WrittenExpression

  init(name: String, expression: WrittenExpression) {
    self.name = name
    self.expression = expression
  }
}

/// An expression with its place in the file.
package struct WrittenExpression: Sendable {
  /// What is evaluated.
  package let expression: Expression
  private let node: YAMLNode

  init(_ expression: Expression, at node: YAMLNode) {
    self.expression = expression
    self.node = node
  }

  /// The expression as written.
  package var source: String { expression.source }

  /// The place of the whole expression, or of a part of it.
  ///
  /// - Parameter range: UTF-8 offsets in `source`.
  package func excerpt(of range: Range<Int>? = nil) -> SourceExcerpt {
    guard let range else { return node.excerpt }
    return node.source.excerpt(ScalarMap.span(of: range, in: node))
  }
}

/// How long a `pause` takes: written, or given by a template.
package struct PauseTemplate: Sendable {
  private let tree: TemplateTree

  init(_ tree: TemplateTree) {
    self.tree = tree
  }

  /// How long it takes in this run.
  ///
  /// - Throws: what could not be evaluated, or is no duration.
  package func duration(in scope: RunScope) throws(TemplateFailure) -> Duration {
    let node = try tree.rendered(scope.bindings())
    let sink = DiagnosticSink()
    let reader = Reader(phase: .run, sink: sink, folder: ".", surroundings: Surroundings(files: DiskFiles()))
    if let duration = Self.form.read(node, reader) { return duration }
    throw TemplateFailure(
      message: sink.diagnostics.first?.message ?? "'\(node.foundText)' is no duration", excerpt: node.excerpt)
  }

  static let form = Form<Duration>.duration(.zero ... .days(1))
}

/// One row of `each`: variables for one run of all steps.
package struct JourneyRow: Sendable {
  /// Variables by name; templates are evaluated once a run.
  let variables: [String: TemplateTree]

  init(variables: [String: TemplateTree]) {
    self.variables = variables
  }
}

/// What the steps of one use of a fragment see, or those of the journey itself.
struct JourneyFrame: Sendable {
  /// Of the file that the steps are written in.
  let variables: VariableScope
  /// The frame of the steps that use the fragment; nil for the journey's own.
  var parent: Int?
  /// Which name its steps stand under in `steps` of the parent; nil for the journey's own.
  var prefix: String?
  /// `when` of the use: decided once, in the parent's frame, before its first step.
  var condition: WrittenExpression?
  /// `with`: the fragment's parameters, evaluated in the parent's frame when the first step of the use runs.
  var parameters: [String: TemplateTree] = [:]
  /// Which captures are seen outside; nil: all.
  var outputs: Set<String>?
}
