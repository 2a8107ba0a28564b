import Model

extension Diagnostic {
  /// Without user and password of URLs in what is quoted, however a URL is misspelt: what stands there is no secret that anybody
  /// has declared.
  package func maskingCredentials() -> Diagnostic {
    var copy = self
    copy.message = Self.maskingCredentials(message)
    copy.excerpt?.lineText = Self.maskingCredentials(excerpt?.lineText ?? "")
    for index in copy.notes.indices {
      copy.notes[index].excerpt?.lineText = Self.maskingCredentials(notes[index].excerpt?.lineText ?? "")
    }
    return copy
  }

  /// A line with everything masked from its first scheme to its last `@`, and what follows `password=`: rather too much.
  private static func maskingCredentials(_ line: String) -> String {
    var text = line[...]
    var masked = ""
    if let end = text.lastIndex(of: "@"), let start = firstScheme(in: text[..<end]) {
      masked = text[..<start] + Redactor.mask
      text = text[end...]
    }
    while let range = text.firstRange(of: "password=") {
      masked += text[..<range.upperBound] + Redactor.mask
      text = text[range.upperBound...].drop { !"&\"', }".contains($0) }
    }
    return masked + text
  }

  /// Where the first word that ends in a colon has ended, with the slashes behind it; keys of YAML have a space there.
  private static func firstScheme(in text: Substring) -> Substring.Index? {
    var before: Character?
    for index in text.indices {
      defer { before = text[index] }
      guard text[index] == ":", before.map({ $0.isLetter || $0.isNumber }) ?? false else { continue }
      let rest = text[text.index(after: index)...]
      guard let first = rest.first, !first.isWhitespace else { continue }
      return rest.hasPrefix("//") ? rest.index(rest.startIndex, offsetBy: 2) : rest.startIndex
    }
    // A scheme that is missing.
    return text.firstRange(of: "//")?.upperBound
  }
}
