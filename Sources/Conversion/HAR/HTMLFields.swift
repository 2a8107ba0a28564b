/// Fields that a page gives to be sent back: hidden inputs, and tokens in `meta`.
enum HTMLFields {
  struct Field: Sendable {
    var name: String
    var value: String
    /// The expression that takes it from the page.
    var source: String
  }

  private static let most = 1000

  /// Looks at the tags alone, since a page is read properly when the scenario runs.
  static func fields(of text: String) -> [Field] {
    guard let source = try? SourceText(Array(text.utf8)) else { return [] }
    var cursor = Cursor(source)
    var fields: [Field] = []
    while !cursor.isAtEnd, fields.count < most {
      guard cursor.take("<") else {
        cursor.position += 1
        continue
      }
      let tag = cursor.take(while: \.isLetter).lowercased()
      guard tag == "input" || tag == "meta" else { continue }
      let attributes = attributes(&cursor)
      guard let name = attributes["name"], !name.isEmpty, !name.contains("'"), !name.contains("\"") else { continue }
      if tag == "input", attributes["type"]?.lowercased() == "hidden", let value = attributes["value"] {
        add(name, value, "//input[@name='\(name)']/@value", to: &fields)
      } else if tag == "meta", SensitiveNames.contains(name), let value = attributes["content"] {
        add(name, value, "//meta[@name='\(name)']/@content", to: &fields)
      }
    }
    return fields
  }

  private static func add(_ name: String, _ value: String, _ path: String, to fields: inout [Field]) {
    fields.append(Field(name: name, value: value, source: "html(body).xpath(\(CELText.quoted(path)))[0]"))
  }

  private static func attributes(_ cursor: inout Cursor) -> [String: String] {
    var attributes: [String: String] = [:]
    while let byte = cursor.peek, byte != UInt8(ascii: ">") {
      cursor.skipSpace()
      let name = cursor.take { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
      guard !name.isEmpty else {
        if cursor.peek != UInt8(ascii: ">") { cursor.position += 1 }
        continue
      }
      cursor.skipSpace()
      guard cursor.take("=") else { continue }
      cursor.skipSpace()
      attributes[name.lowercased()] = value(&cursor)
    }
    return attributes
  }

  private static func value(_ cursor: inout Cursor) -> String {
    guard let quote = cursor.peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
      return cursor.take { !$0.isBlank && !$0.isLineEnd && $0 != UInt8(ascii: ">") }
    }
    cursor.position += 1
    let value = cursor.take { $0 != quote }
    cursor.position = min(cursor.position + 1, cursor.end)
    return value
  }
}
