import Documents
package import Expressions
package import Model

/// One probe with what is expected of it.
package struct Step: Sendable {
  /// Unique in its check; the check's id for a plain check.
  package let name: String
  /// Which kind of probe.
  package let kind: ProbeKind
  /// What is sent.
  package let probe: ProbeTemplate
  /// `expect`, then `until`, then `warn`, each in written order; the default one included.
  package let expectations: [Expectation]
  /// How it is repeated; nil where nothing is written, and `until` then polls every second.
  package let retry: RetryPolicy?
  /// The folder that relative paths start from, and may not leave.
  package let folder: String
  /// Whether bodies stay out of every record.
  package let isSensitive: Bool
  /// Whether something that must hold asks for `verified`, `verify_error` or `certificate`: then expectations alone decide
  /// about a certificate that cannot be verified. A warning cannot forgive it.
  package let speaksOfVerification: Bool

  init(
    name: String, kind: ProbeKind, probe: ProbeTemplate, expectations: [Expectation], retry: RetryPolicy?,
    folder: String, isSensitive: Bool
  ) {
    self.name = name
    self.kind = kind
    self.probe = probe
    self.expectations = expectations
    self.retry = retry
    self.folder = folder
    self.isSensitive = isSensitive
    speaksOfVerification = Self.speakOfVerification(expectations)
  }

  /// The step where a journey has it.
  func placed(as name: String, isSensitive: Bool) -> Step {
    Step(
      name: name, kind: kind, probe: probe, expectations: expectations, retry: retry, folder: folder,
      isSensitive: isSensitive)
  }

  private static func speakOfVerification(_ expectations: [Expectation]) -> Bool {
    expectations.contains { expectation in
      expectation.kind != .warn
        && expectation.expression.references.contains { FactDeclarations.verification.contains($0.path.first ?? "") }
    }
  }
}

/// One expression that must hold, should hold, or is waited for.
package struct Expectation: Sendable {
  /// Whether it must hold, should hold, or is waited for.
  package let kind: ExpectationResult.Kind
  /// What is evaluated; it gives bool, or is dynamic.
  package let expression: Expression
  /// Whether it stands in for one that nobody wrote.
  package let isDefault: Bool
  /// The format of a program's result that it is for; nil for every exchange.
  private let format: ExecSpec.Format?
  /// Where it is written; for a default one, the probe's key.
  private let node: YAMLNode

  init(
    kind: ExpectationResult.Kind, expression: Expression, isDefault: Bool, format: ExecSpec.Format? = nil,
    node: YAMLNode
  ) {
    self.kind = kind
    self.expression = expression
    self.isDefault = isDefault
    self.format = format
    self.node = node
  }

  /// Whether an exchange of this spec is held to it: a template may decide how a program's result is read.
  package func applies(to spec: ProbeSpec) -> Bool {
    guard let format, case .exec(let exec) = spec else { return true }
    return exec.format == format
  }

  /// The expression as written.
  package var source: String { expression.source }

  /// The place of the whole expression, or of a part of it; for a default one, that of the probe's key.
  ///
  /// - Parameter range: UTF-8 offsets in `source`.
  package func excerpt(of range: Range<Int>? = nil) -> SourceExcerpt {
    guard let range, !isDefault else { return node.excerpt }
    return node.source.excerpt(ScalarMap.span(of: range, in: node))
  }
}
