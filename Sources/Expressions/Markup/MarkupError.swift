/// Why a text is no document, or an XPath gives nothing.
struct MarkupError: Error, Hashable, CustomStringConvertible {
  /// What is wrong, with the place where there is one.
  let description: String
  /// Whether it is the work that was too much, and not the text that was wrong.
  let isLimit: Bool

  init(_ description: String, isLimit: Bool = false) {
    self.description = description
    self.isLimit = isLimit
  }

  /// As the error of an evaluation.
  var evaluationError: EvaluationError { EvaluationError(isLimit ? .cost : .invalidArgument, description) }
}
