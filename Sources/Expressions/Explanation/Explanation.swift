/// Why an expression is false or has no value, in words and in the values of its parts.
package struct Explanation: Sendable, Hashable {
  /// A part of the expression that was looked at.
  package struct Part: Sendable, Hashable {
    /// Where it stands, in UTF-8 offsets.
    package let range: Range<Int>
    /// Its text.
    package let source: String
    /// Its value in one bounded line, or the message of its error.
    package let value: String

    /// A part at a place.
    package init(range: Range<Int>, source: String, value: String) {
      self.range = range
      self.source = source
      self.value = value
    }
  }

  /// Longest summary, in code points.
  package static let longestSummary = 300

  /// One line of at most `longestSummary` code points, without control characters: `status is 503, expected 201`.
  package let summary: String
  /// What the summary speaks of, in the order in which it was looked at.
  package let parts: [Part]

  /// A summary of its own making, for facts that no expression judged.
  package init(summary: String, parts: [Part]) {
    self.summary = summary
    self.parts = parts
  }
}

extension Expression {
  /// Says why the expression does not hold. Evaluates its parts again, each variable once and with the same limits, and
  /// only those that decided: an operand that `&&` did not need is not computed for the explanation either.
  package func explain(_ bindings: some Bindings, limits: Limits = .standard) -> Explanation {
    var explainer = Explainer(source: source, frame: frame(bindings, limits: limits))
    let sentence = explainer.explain(root).escapedForDisplay
    let scalars = sentence.unicodeScalars
    let isLong = scalars.count > Explanation.longestSummary
    let summary =
      isLong ? String(String.UnicodeScalarView(scalars.prefix(Explanation.longestSummary - 1))) + "…" : sentence
    return Explanation(summary: summary, parts: explainer.parts)
  }
}
