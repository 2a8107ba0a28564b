/// References to groups of a pattern in a text, by the rules of Go's `Regexp.Expand`, which blackbox_exporter and Prometheus
/// use: `$1`, `${1}`, `$name` and `${name}`; `$$` is a dollar sign, and a dollar sign before anything else stays.
package enum GroupReferences {
  /// The text with its references replaced by what `value` gives for each.
  ///
  /// - Parameter value: what a group of this number or name matched; empty for one that is not known.
  package static func expand(_ text: String, value: (String) -> String) -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "$" {
        result += "$"
        rest.removeFirst()
      } else if let (name, end) = reference(in: rest) {
        result += value(String(name))
        rest = rest[end...]
      } else {
        result += "$"
      }
    }
    return result + rest
  }

  /// The name behind a dollar sign: the longest run of letters, digits and underscores, perhaps in braces.
  private static func reference(in text: Substring) -> (name: Substring, end: Substring.Index)? {
    let isBraced = text.first == "{"
    let inner = isBraced ? text.dropFirst() : text
    let name = inner.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    guard !name.isEmpty else { return nil }
    guard isBraced else { return (name, name.endIndex) }
    guard name.endIndex < inner.endIndex, inner[name.endIndex] == "}" else { return nil }
    return (name, inner.index(after: name.endIndex))
  }
}
