extension Value {
  /// What a template writes: text as it is, bool and numbers by CEL's `string()`, everything else as JSON.
  /// - Throws: what a lazy member throws.
  package func text() throws(EvaluationError) -> String {
    switch self {
    case .string(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .int(let number): String(number)
    case .uint(let number): String(number)
    case .double(let number): NumberText.general(number)
    default: try JSON.write(self)
    }
  }

  /// The value for people, in one bounded line: text in quotes with controls escaped, `…` where it is cut.
  package func brief(limit: Int = 60) -> String {
    switch self {
    case .null: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .int(let number): return String(number)
    case .uint(let number): return String(number)
    case .double(let number): return NumberText.plain(number).brief(limit: limit)
    case .string(let text): return "\"\(text.brief(limit: limit))\""
    case .bytes(let octets):
      let shown = octets.prefix(max(1, limit / 2)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      return "bytes \(shown)\(octets.count > max(1, limit / 2) ? "…" : "")"
    case .timestamp(let moment): return moment.rfc3339
    case .duration(let span): return span.brief
    case .type(let name): return name.rawValue
    case .document(let document): return document.description
    case .list(let elements):
      return Self.brief("[", elements.lazy.map { $0.brief(limit: limit / 2) }, "]", limit: limit)
    case .map(let map):
      // Lazy members are named, not built: an explanation must not cost what the expression did not need.
      guard let entries = map.builtEntries else {
        return Self.brief("{", map.names.lazy.map { $0.brief(limit: limit / 2) + ": …" }, "}", limit: limit)
      }
      let texts = entries.lazy.map { "\($0.0.text.brief(limit: limit / 2)): \($0.1.brief(limit: limit / 2))" }
      return Self.brief("{", texts, "}", limit: limit)
    }
  }

  private static func brief(_ open: String, _ parts: some Sequence<String>, _ close: String, limit: Int) -> String {
    var result = open
    for (position, part) in parts.enumerated() {
      if position > 0 { result += ", " }
      guard result.utf8.count + part.utf8.count <= limit else { return result + "…" + close }
      result += part
    }
    return result + close
  }
}

extension String {
  /// At most that many characters, with `…` for the rest and controls escaped; never cuts one escape in two.
  package func brief(limit: Int) -> String {
    let head = unicodeScalars.prefix(limit + 1)
    guard head.count > limit else { return escapedForDisplay }
    return String(String.UnicodeScalarView(head.dropLast())).escapedForDisplay + "…"
  }
}
