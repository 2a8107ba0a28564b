/// Puts templates in the place of values.
enum Substitution {
  /// The text with every occurrence of a value replaced by an expression; compared byte by byte.
  static func replace(_ value: String, in text: String, with expression: String) -> TemplateText {
    let needle = Array(value.utf8)
    let bytes = Array(text.utf8)
    var result = TemplateText()
    guard let first = needle.first, bytes.count >= needle.count else { return TemplateText(text) }
    var start = 0
    var position = 0
    while position + needle.count <= bytes.count {
      guard bytes[position] == first, bytes[position..<position + needle.count].elementsEqual(needle) else {
        position += 1
        continue
      }
      result.append(String(decoding: bytes[start..<position], as: UTF8.self))
      result.append(expression: expression)
      position += needle.count
      start = position
    }
    result.append(String(decoding: bytes[start...], as: UTF8.self))
    return result
  }
}
