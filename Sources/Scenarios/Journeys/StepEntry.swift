import Documents
import Expressions

/// An entry of `steps` or `finally`, compiled once for all uses of the fragment that it stands in.
struct StepEntry: Sendable {
  /// What it is.
  enum Content: Sendable {
    /// A step by its own name, in the frame of whoever expands it.
    case step(JourneyStep)
    case use(FragmentUse)
  }

  let content: Content
  /// What is written of `sensitive`; the check's holds where nothing is.
  var isSensitive: Bool?
  /// The host that a probe talks to, where that is known.
  var host: String?

  /// How many steps it comes to; saturates.
  var count: Int {
    switch content {
    case .step: 1
    case .use(let use): use.fragment.count
    }
  }
}

/// A fragment where it is used.
struct FragmentUse: Sendable {
  let fragment: Fragment
  /// What its steps are recorded under.
  let prefix: String
  let condition: WrittenExpression?
  let parameters: [String: TemplateTree]
}

/// Steps for journeys, compiled.
final class Fragment: Sendable {
  let name: String
  /// Where it is written, for notes.
  let node: YAMLNode
  let parameters: [String]
  /// What is seen outside, with its types.
  let outputs: [String: ValueType]
  /// `outputs` as it is written; nil where every capture is one.
  let writtenOutputs: Set<String>?
  let entries: [StepEntry]
  /// Whether all that is written of it could be read, and of what it uses.
  let isWhole: Bool
  let variables: VariableScope
  /// What stands in `steps` under the name of a use.
  let steps: [String: ValueType]
  /// How many steps it comes to; saturates.
  let count: Int

  init(
    name: String, node: YAMLNode, parameters: [String], outputs: [String: ValueType], writtenOutputs: Set<String>?,
    entries: [StepEntry], isWhole: Bool, variables: VariableScope, steps: [String: ValueType]
  ) {
    self.name = name
    self.node = node
    self.parameters = parameters
    self.outputs = outputs
    self.writtenOutputs = writtenOutputs
    self.entries = entries
    self.isWhole = isWhole
    self.variables = variables
    self.steps = steps
    count = entries.totalCount
  }
}

extension [StepEntry] {
  /// How many steps they come to; saturates, because fragments that use others multiply.
  var totalCount: Int {
    reduce(0) { sum, entry in
      let (total, overflow) = sum.addingReportingOverflow(entry.count)
      return overflow ? .max : total
    }
  }
}

/// Puts steps in place of the fragments that are used.
struct JourneyExpander {
  /// The most steps that a journey has.
  static let limit = 10_000

  private(set) var frames: [JourneyFrame]
  /// The first host that is known.
  private(set) var host: String?
  private let isSensitive: Bool

  /// - Parameters:
  ///   - variables: what the journey's own steps see.
  ///   - isSensitive: what holds for steps that say nothing of it.
  init(variables: VariableScope, isSensitive: Bool) {
    frames = [JourneyFrame(variables: variables)]
    self.isSensitive = isSensitive
  }

  /// The steps of the journey itself, or of a use of a fragment.
  ///
  /// - Parameter path: what stands before the names of steps, a dot at its end.
  mutating func expand(_ entries: [StepEntry], frame: Int = 0, path: String = "") -> [JourneyStep] {
    entries.flatMap { entry -> [JourneyStep] in
      switch entry.content {
      case .step(let step):
        host = host ?? entry.host
        return [step.placed(as: path + step.name, frame: frame, isSensitive: entry.isSensitive ?? isSensitive)]
      case .use(let use):
        frames.append(
          JourneyFrame(
            variables: use.fragment.variables, parent: frame, prefix: use.prefix, condition: use.condition,
            parameters: use.parameters, outputs: use.fragment.writtenOutputs))
        return expand(use.fragment.entries, frame: frames.count - 1, path: "\(path)\(use.prefix).")
      }
    }
  }
}
