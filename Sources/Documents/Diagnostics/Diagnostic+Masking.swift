package import Model

extension Diagnostic {
  /// With every secret masked: the line that is quoted may hold one, and so may an override.
  package func masked(by redactor: Redactor) -> Diagnostic {
    guard !redactor.isEmpty else { return self }
    var copy = self
    copy.message = redactor.redact(message)
    copy.excerpt?.lineText = redactor.redact(excerpt?.lineText ?? "")
    copy.suggestion = suggestion.map(redactor.redact)
    copy.allowed = allowed.map(redactor.redact)
    for index in copy.notes.indices {
      copy.notes[index].message = redactor.redact(notes[index].message)
      copy.notes[index].excerpt?.lineText = redactor.redact(notes[index].excerpt?.lineText ?? "")
    }
    return copy
  }
}
