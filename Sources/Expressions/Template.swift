/// Text with expressions in it: `${base}/orders/${order}`; `$${` is a literal `${`.
package struct Template: Sendable {
  /// An expression of a template.
  package struct Part: Sendable, Hashable {
    /// The expression between the braces.
    package let source: String
    /// Where it stands in the template's text, in UTF-8 offsets, without `${` and `}`.
    package let range: Range<Int>

    /// An expression at a place of a template's text.
    package init(source: String, range: Range<Int>) {
      self.source = source
      self.range = range
    }
  }

  fileprivate enum Segment: Sendable {
    case literal(String)
    case expression(Part, Syntax)
  }

  /// The text as it was written.
  package let text: String
  fileprivate let segments: [Segment]

  /// Cuts the text into literals and expressions, and parses the expressions.
  /// - Throws: templates that are not closed or whose grammar is wrong, with offsets into the text.
  package init(_ text: String) throws(CompilationFailure) {
    self.text = text
    let bytes = Array(text.utf8)
    guard bytes.contains(UInt8(ascii: "$")) else {
      segments = text.isEmpty ? [] : [.literal(text)]
      return
    }
    var segments: [Segment] = []
    var issues: [Issue] = []
    var literal: [UInt8] = []
    var position = 0
    // From one `$` to the next: a long text with few of them is copied in pieces.
    while let dollar = bytes[position...].firstIndex(of: UInt8(ascii: "$")) {
      literal += bytes[position..<dollar]
      position = dollar + 1
      guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else {
        let isEscape = bytes[position...].starts(with: [UInt8(ascii: "$"), UInt8(ascii: "{")])
        literal += isEscape ? [UInt8(ascii: "$"), UInt8(ascii: "{")] : [UInt8(ascii: "$")]
        if isEscape { position += 2 }
        continue
      }
      let start = position + 1
      guard let end = Self.end(of: bytes, from: start, &issues) else {
        position = bytes.count
        break
      }
      if !literal.isEmpty { segments.append(.literal(String(decoding: literal, as: UTF8.self))) }
      literal = []
      let part = Part(source: String(decoding: bytes[start..<end], as: UTF8.self), range: start..<end)
      do {
        segments.append(.expression(part, try Parser.parse(part.source)))
      } catch {
        issues.append(error.issue.shifted(by: start))
      }
      position = end + 1
    }
    literal += bytes[position...]
    guard issues.isEmpty else { throw CompilationFailure(issues) }
    if !literal.isEmpty { segments.append(.literal(String(decoding: literal, as: UTF8.self))) }
    self.segments = segments
  }

  /// The offset of the brace that closes an expression, found word by word so that braces in strings do not count.
  private static func end(of bytes: [UInt8], from start: Int, _ issues: inout [Issue]) -> Int? {
    var lexer = Lexer(bytes, from: start)
    var depth = 0
    do throws(Issue.Thrown) {
      while true {
        let token = try lexer.next()
        switch token.kind {
        case .symbol(.leftBrace): depth += 1
        case .symbol(.rightBrace) where depth == 0: return token.range.lowerBound
        case .symbol(.rightBrace): depth -= 1
        case .end:
          issues.append(Issue("the template that starts here is not closed by '}'", range: start - 2..<start))
          return nil
        default: break
        }
      }
    } catch {
      issues.append(error.issue)
      return nil
    }
  }

  /// The expressions in order.
  package var expressions: [Part] {
    segments.compactMap { if case .expression(let part, _) = $0 { part } else { nil } }
  }

  /// Whether there is no expression in it.
  package var isLiteral: Bool { expressions.isEmpty }

  /// Whether it is one expression and nothing else, so that the value keeps its type.
  package var isSingleExpression: Bool {
    if segments.count == 1, case .expression = segments[0] { true } else { false }
  }

  /// The text without `$$`, when there is no expression in it.
  package var literal: String? {
    guard isLiteral else { return nil }
    if case .literal(let text)? = segments.first { return text }
    return ""
  }

  /// Compiles all expressions.
  /// - Throws: the issues of all of them, with offsets into the template's text.
  package func compile(in environment: Environment) throws(CompilationFailure) -> CompiledTemplate {
    var parts: [CompiledTemplate.Part] = []
    var issues: [Issue] = []
    for segment in segments {
      switch segment {
      case .literal(let text): parts.append(.literal(text))
      case .expression(let part, let syntax):
        do throws(CompilationFailure) {
          parts.append(.expression(try environment.compile(syntax, source: part.source), offset: part.range.lowerBound))
        } catch {
          issues += error.issues.map { $0.shifted(by: part.range.lowerBound) }
        }
      }
    }
    guard issues.isEmpty else { throw CompilationFailure(issues) }
    return CompiledTemplate(text: text, parts: parts)
  }
}

/// A template whose expressions are compiled; immutable.
package struct CompiledTemplate: Sendable {
  enum Part: Sendable {
    case literal(String)
    /// `offset` is where the expression begins in the template's text.
    case expression(Expression, offset: Int)
  }

  /// The text as it was written.
  package let text: String
  private let parts: [Part]

  init(text: String, parts: [Part]) {
    self.text = text
    self.parts = parts
  }

  /// The type of a single expression; text otherwise.
  package var type: ValueType {
    if parts.count == 1, case .expression(let expression, _) = parts[0] { expression.type } else { .string }
  }

  /// The compiled expressions in order.
  package var expressions: [Expression] {
    parts.compactMap { if case .expression(let expression, _) = $0 { expression } else { nil } }
  }

  /// The variables that the expressions read.
  package var references: Set<Reference> {
    expressions.reduce(into: []) { $0.formUnion($1.references) }
  }

  /// The value: that of a single expression with its type, text otherwise.
  ///
  /// - Parameter escaping: what is done to every text that an expression gives; what the template itself says stays.
  /// - Throws: why an expression has none; the range counts in the template's text.
  package func render(
    _ bindings: some Bindings, limits: Limits = .standard, escaping: (String) -> String = { $0 }
  ) throws(EvaluationError) -> Value {
    if parts.count == 1, case .expression(let expression, let offset) = parts[0] {
      let value = try Self.value(of: expression, offset, bindings, limits)
      if case .string(let text) = value { return .string(escaping(text)) }
      return value
    }
    return .string(try renderText(bindings, limits: limits, escaping: escaping))
  }

  /// The text: bool and numbers by CEL's `string()`, text as it is, everything else as JSON.
  ///
  /// - Parameter escaping: what is done to the text of every expression.
  /// - Throws: why an expression has no value; the range counts in the template's text.
  package func renderText(
    _ bindings: some Bindings, limits: Limits = .standard, escaping: (String) -> String = { $0 }
  ) throws(EvaluationError) -> String {
    var result = ""
    for part in parts {
      switch part {
      case .literal(let text): result += text
      case .expression(let expression, let offset):
        result += escaping(try Self.value(of: expression, offset, bindings, limits).text())
      }
    }
    return result
  }

  /// The text up to the first expression that is not known yet, or that has no value.
  ///
  /// - Parameter isKnown: whether an expression can be evaluated with these bindings.
  package func leadingText(_ bindings: some Bindings, where isKnown: (Expression) -> Bool) -> String {
    var result = ""
    for part in parts {
      switch part {
      case .literal(let text): result += text
      case .expression(let expression, _):
        guard isKnown(expression), let text = try? expression.evaluate(bindings).text() else { return result }
        result += text
      }
    }
    return result
  }

  private static func value(
    of expression: Expression, _ offset: Int, _ bindings: some Bindings, _ limits: Limits
  ) throws(EvaluationError) -> Value {
    do throws(EvaluationError) {
      return try expression.evaluate(bindings, limits: limits)
    } catch {
      let range = error.range.map { $0.lowerBound + offset..<$0.upperBound + offset }
      throw EvaluationError(error.code, error.message, range: range)
    }
  }
}
