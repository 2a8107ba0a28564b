extension HurlReader {
  /// One body, in whichever form.
  mutating func body() throws(ConversionFailure) -> HurlBody {
    let offset = cursor.position
    let content: HurlBody.Content
    if cursor.starts(with: "```") { return try fenced() }
    if cursor.take("`") {
      content = .text(try text(closedBy: "`", from: offset), language: "")
    } else if let bytes = try encodedBytes() {
      content = .bytes(bytes)
    } else if cursor.take("file,") {
      content = .file(try fileName(from: offset))
    } else if cursor.peek == UInt8(ascii: "<") {
      return try markup()
    } else {
      var reader = JSONReader(cursor, allowsTemplates: true)
      let value = try reader.value()
      cursor = reader.cursor
      content = .json(value, try Self.template(cursor.source.text(offset..<cursor.position)))
    }
    try finishLine()
    return HurlBody(content: content, offset: offset)
  }

  /// A text in three backquotes, perhaps with a language and attributes behind the first ones.
  mutating func fenced() throws(ConversionFailure) -> HurlBody {
    let offset = cursor.position
    _ = cursor.take("```")
    var ahead = cursor
    let hint = ahead.take { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: ",") || $0.isBlank }
    var words: [String] = []
    if ahead.peek?.isLineEnd == true {
      words = hint.split(separator: ",").map { String($0).trimmed }
      cursor = ahead
      if !cursor.take("\r\n") { _ = cursor.take("\n") }
    }
    let start = cursor.position
    while !cursor.isAtEnd, !cursor.starts(with: "```") { cursor.position += 1 }
    let content = cursor.source.text(start..<cursor.position)
    guard cursor.take("```") else { throw cursor.failure("the text that opens here is not closed by ```", at: offset) }
    switch words.first {
    case "base64"?:
      guard let bytes = Base64.decode(content) else { throw cursor.failure("this is no base64", at: start) }
      return HurlBody(content: .bytes(bytes), offset: offset)
    case "hex"?:
      guard let bytes = Self.bytes(hex: content) else { throw cursor.failure("this is no hex", at: start) }
      return HurlBody(content: .bytes(bytes), offset: offset)
    default:
      let isRaw = words.contains("raw") || words.contains("novariable")
      let text = isRaw ? TemplateText(content) : try Self.template(content)
      return HurlBody(content: .text(text, language: words.first ?? ""), offset: offset)
    }
  }

  /// Markup goes on to the next response or request.
  private mutating func markup() throws(ConversionFailure) -> HurlBody {
    let offset = cursor.position
    var end = offset
    while !cursor.isAtEnd {
      _ = cursor.take { !$0.isLineEnd }
      end = cursor.position
      var ahead = self
      switch ahead.nextKind() {
      case .body, .field, .section:
        cursor.position = min(cursor.position + 1, cursor.end)
        continue
      case .end, .response, .request: break
      }
      break
    }
    cursor.position = end
    let text = try Self.template(cursor.source.text(offset..<end))
    return HurlBody(content: .text(text, language: "xml"), offset: offset)
  }

  /// `base64,…;` and `hex,…;`; nil for anything else.
  mutating func encodedBytes() throws(ConversionFailure) -> [UInt8]? {
    let start = cursor.position
    let isHex = cursor.take("hex,")
    guard isHex || cursor.take("base64,") else { return nil }
    let text = cursor.take { $0 != UInt8(ascii: ";") }
    guard cursor.take(";"), let bytes = isHex ? Self.bytes(hex: text) : Base64.decode(text) else {
      throw cursor.failure("expected \(isHex ? "hex" : "base64") digits and ';'", at: start)
    }
    return bytes
  }

  mutating func fileName(from start: Int) throws(ConversionFailure) -> TemplateText {
    let name = try text { $0 == UInt8(ascii: ";") }
    guard cursor.take(";") else { throw cursor.failure("expected 'file,NAME;'", at: start) }
    return name.trimmedStart.trimmedEnd
  }

  private static func bytes(hex text: String) -> [UInt8]? {
    let digits = text.utf8.filter { !$0.isBlank && !$0.isLineEnd }.map(\.hexValue)
    guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 != nil }) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { (digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0) }
  }

  /// Text whose only special words are templates.
  static func template(_ text: String) throws(ConversionFailure) -> TemplateText {
    var result = TemplateText()
    var cursor = Cursor(try SourceText(Array(text.utf8)))
    var start = 0
    while !cursor.isAtEnd {
      guard cursor.starts(with: "{{") else {
        cursor.position += 1
        continue
      }
      let opening = cursor.position
      cursor.position += 2
      let name = cursor.take { $0 != UInt8(ascii: "}") && !$0.isLineEnd }
      // JSON may end in two braces, but never begins a name with them.
      guard cursor.take("}}") else { continue }
      result.append(cursor.source.text(start..<opening))
      result.append(expression: name.trimmed)
      start = cursor.position
    }
    result.append(cursor.source.text(start..<cursor.end))
    return result
  }
}
