import Model

// What is written down of a run, with every secret masked.
extension Reason {
  /// The reason as a record may show it.
  func redacted(by redactor: Redactor) -> Reason {
    guard !redactor.isEmpty else { return self }
    var reason = self
    reason.message = redactor.redact(message)
    if let line = excerpt?.lineText { reason.excerpt?.lineText = redactor.redact(line) }
    return reason
  }
}

extension [ExpectationResult] {
  /// The expectations as a record may show them.
  func redacted(by redactor: Redactor) -> [ExpectationResult] {
    guard !redactor.isEmpty else { return self }
    return map { expectation in
      var expectation = expectation
      expectation.source = redactor.redact(expectation.source)
      expectation.detail = expectation.detail.map(redactor.redact)
      return expectation
    }
  }
}
