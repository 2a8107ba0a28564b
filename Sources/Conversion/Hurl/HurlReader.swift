/// Reads files of Hurl (https://hurl.dev/docs/grammar.html).
struct HurlReader {
  var cursor: Cursor

  init(_ source: SourceText) {
    cursor = Cursor(source)
  }

  /// All entries in order.
  mutating func entries() throws(ConversionFailure) -> [HurlEntry] {
    var entries: [HurlEntry] = []
    while true {
      skipToContent()
      guard !cursor.isAtEnd else { return entries }
      entries.append(try entry())
    }
  }

  // MARK: Lines

  /// What the next line is.
  enum LineKind {
    case end, section(String), response, body, request, field
  }

  private mutating func skipToContent() {
    while true {
      cursor.skipSpace()
      guard cursor.peek == UInt8(ascii: "#") else { return }
      _ = cursor.take { !$0.isLineEnd }
    }
  }

  /// Goes past the end of a line, on which nothing but a comment may stand.
  mutating func finishLine() throws(ConversionFailure) {
    cursor.skipBlanks()
    if cursor.peek == UInt8(ascii: "#") { _ = cursor.take { !$0.isLineEnd } }
    guard cursor.isAtEnd || cursor.peek?.isLineEnd == true else {
      throw cursor.failure("expected the end of the line, found \(cursor.found)")
    }
  }

  /// Looks at the line that begins at the cursor, past blank lines and comments.
  mutating func nextKind() -> LineKind {
    skipToContent()
    guard let first = cursor.peek else { return .end }
    var ahead = cursor
    switch first {
    case UInt8(ascii: "["):
      ahead.position += 1
      let name = ahead.take(while: \.isLetter)
      let isSection = ahead.take("]") && name.utf8.first.map { (0x41...0x5A).contains($0) } == true
      return isSection ? .section(name) : .body
    case UInt8(ascii: "{") where cursor.starts(with: "{{"):
      // A name may be a template; a body may too.
      _ = ahead.take { $0 != UInt8(ascii: "}") && !$0.isLineEnd }
      return ahead.take("}}") && ahead.peek == UInt8(ascii: ":") ? .field : .body
    case UInt8(ascii: "{"), UInt8(ascii: "<"), UInt8(ascii: "`"), UInt8(ascii: "\""): return .body
    default: break
    }
    if ["base64,", "hex,", "file,"].contains(where: cursor.starts) { return .body }
    let word = ahead.take { !$0.isBlank && !$0.isLineEnd && $0 != UInt8(ascii: ":") }
    guard ahead.peek != UInt8(ascii: ":") else { return .field }
    if word == "HTTP" || word.hasPrefix("HTTP/") { return .response }
    let isMethod = word.utf8.allSatisfy { (0x41...0x5A).contains($0) } && !word.isEmpty
    ahead.skipBlanks()
    return isMethod && ahead.peek?.isLineEnd == false && ahead.peek != UInt8(ascii: ":") ? .request : .field
  }

  // MARK: Entries

  private mutating func entry() throws(ConversionFailure) -> HurlEntry {
    let offset = cursor.position
    let method = cursor.take { (0x41...0x5A).contains($0) }
    guard !method.isEmpty, cursor.peek?.isBlank == true else {
      throw cursor.failure("expected a request, such as 'GET https://example.org'", at: offset)
    }
    cursor.skipBlanks()
    var entry = HurlEntry(offset: offset, method: method, url: try text { $0.isBlank || $0 == UInt8(ascii: "#") })
    guard !entry.url.isEmpty else { throw cursor.failure("expected a URL, found \(cursor.found)") }
    try finishLine()
    (entry.headers, entry.sections, entry.body) = try parts()
    guard case .response = nextKind() else { return entry }
    entry.response = try response()
    return entry
  }

  private mutating func response() throws(ConversionFailure) -> HurlResponse {
    var response = HurlResponse(offset: cursor.position)
    _ = cursor.take("HTTP")
    if cursor.take("/") {
      let version = cursor.take { !$0.isBlank && !$0.isLineEnd }
      guard ["1.0", "1.1", "2", "3", "*"].contains(version) else {
        throw cursor.failure("expected a version of HTTP: 1.0, 1.1, 2, 3 or *", at: response.offset + 5)
      }
      response.version = version == "*" ? nil : version
    }
    cursor.skipBlanks()
    let start = cursor.position
    let status = cursor.take { !$0.isBlank && !$0.isLineEnd && $0 != UInt8(ascii: "#") }
    response.status = Int(status)
    guard response.status != nil || status == "*" else {
      throw cursor.failure("expected a status or *, found '\(status.prefix(40))'", at: start)
    }
    try finishLine()
    (response.headers, response.sections, response.body) = try parts()
    return response
  }

  private mutating func parts() throws(ConversionFailure) -> ([HurlField], [HurlSection], HurlBody?) {
    var headers: [HurlField] = []
    var sections: [HurlSection] = []
    var body: HurlBody?
    while true {
      switch nextKind() {
      case .end, .response, .request: return (headers, sections, body)
      case .section(let name): sections.append(try section(name))
      case .body:
        guard body == nil else { throw cursor.failure("a second body, found \(cursor.found)") }
        body = try self.body()
      case .field:
        guard sections.isEmpty, body == nil else {
          throw cursor.failure("expected a section, a response or a request, found \(cursor.found)")
        }
        headers.append(try field())
      }
    }
  }

  private static let lineSections: Set<String> = ["Captures", "Asserts"]
  private static let fieldSections: Set<String> = [
    "Query", "QueryStringParams", "Form", "FormParams", "Multipart", "MultipartFormData", "Cookies", "BasicAuth",
    "Options",
  ]

  private mutating func section(_ name: String) throws(ConversionFailure) -> HurlSection {
    var section = HurlSection(name: name, offset: cursor.position)
    guard Self.lineSections.contains(name) || Self.fieldSections.contains(name) else {
      let known = (Self.fieldSections.union(Self.lineSections)).sorted().joined(separator: ", ")
      throw cursor.failure("unknown section [\(name)]; there are \(known)")
    }
    _ = cursor.take { $0 != UInt8(ascii: "]") }
    _ = cursor.take("]")
    try finishLine()
    while true {
      switch nextKind() {
      case .field where Self.lineSections.contains(name):
        section.lines.append(try line(isCapture: name == "Captures"))
      case .field: section.fields.append(try field())
      default: return section
      }
    }
  }

  private mutating func field() throws(ConversionFailure) -> HurlField {
    let offset = cursor.position
    let name = try text { $0 == UInt8(ascii: ":") }
    guard cursor.take(":"), !name.isEmpty else {
      throw cursor.failure("expected 'name: value', found \(cursor.found)")
    }
    cursor.skipBlanks()
    let value = try text { $0 == UInt8(ascii: "#") }
    try finishLine()
    return HurlField(name: name.trimmedEnd, value: value.trimmedEnd, offset: offset)
  }

  private mutating func line(isCapture: Bool) throws(ConversionFailure) -> HurlLine {
    let offset = cursor.position
    var name: String?
    if isCapture {
      name = try text { $0 == UInt8(ascii: ":") }.trimmedEnd.literals
      guard cursor.take(":") else { throw cursor.failure("expected 'name: query', found \(cursor.found)") }
    }
    var tokens: [HurlToken] = []
    while true {
      cursor.skipBlanks()
      guard let byte = cursor.peek, !byte.isLineEnd, byte != UInt8(ascii: "#") else { break }
      tokens.append(try token())
    }
    guard !tokens.isEmpty else { throw cursor.failure("expected a query, found \(cursor.found)") }
    let text = cursor.source.text(offset..<cursor.position).trimmed
    try finishLine()
    return HurlLine(name: name, tokens: tokens, offset: offset, text: text)
  }

  private mutating func token() throws(ConversionFailure) -> HurlToken {
    let offset = cursor.position
    func token(_ content: HurlToken.Content) -> HurlToken { HurlToken(content: content, offset: offset) }
    if cursor.take("\"") {
      let text = try text(closedBy: "\"", from: offset)
      return token(.quoted(text))
    }
    if cursor.starts(with: "```"), case .text(let text, _) = try fenced().content { return token(.quoted(text)) }
    if cursor.take("`") {
      let text = try text(closedBy: "`", from: offset)
      return token(.quoted(text))
    }
    if cursor.take("{{") { return token(.template(try template(from: offset))) }
    if cursor.take("/") { return token(.regex(try regex(from: offset))) }
    if let bytes = try encodedBytes() { return token(.bytes(bytes)) }
    if cursor.take("file,") { return token(.file(try fileName(from: offset))) }
    return token(.word(cursor.take { !$0.isBlank && !$0.isLineEnd && $0 != UInt8(ascii: "#") }))
  }

  // MARK: Texts

  /// Text up to a byte that ends it, or the end of the line; escapes and templates are read.
  mutating func text(until ends: (UInt8) -> Bool) throws(ConversionFailure) -> TemplateText {
    var text = TemplateText()
    while let byte = cursor.peek, !byte.isLineEnd, !ends(byte) {
      let start = cursor.position
      if cursor.take("{{") {
        text.append(expression: try template(from: start))
      } else if byte == UInt8(ascii: "\\") {
        text.append(try escape())
      } else {
        cursor.position += 1
        text.append(literalRest(from: start) { ends($0) || $0.isLineEnd })
      }
    }
    return text
  }

  /// The literal from `start` to the next byte that may mean something.
  private mutating func literalRest(from start: Int, _ ends: (UInt8) -> Bool) -> String {
    while let byte = cursor.peek, byte != UInt8(ascii: "\\"), !cursor.starts(with: "{{"), !ends(byte) {
      cursor.position += 1
    }
    return cursor.source.text(start..<cursor.position)
  }

  mutating func text(closedBy quote: String, from start: Int) throws(ConversionFailure) -> TemplateText {
    let end = quote.utf8.first ?? 0
    let text = try text { $0 == end }
    guard cursor.take(quote) else { throw cursor.failure("the quote that opens here is not closed", at: start) }
    return text
  }

  /// What stands between `{{`, which was read, and `}}`.
  mutating func template(from start: Int) throws(ConversionFailure) -> String {
    let name = cursor.take { $0 != UInt8(ascii: "}") && !$0.isLineEnd }
    guard cursor.take("}}") else {
      throw cursor.failure("the template that starts here is not closed by '}}'", at: start)
    }
    return name.trimmed
  }

  private mutating func regex(from start: Int) throws(ConversionFailure) -> String {
    var pattern: [UInt8] = []
    while let byte = cursor.peek, !byte.isLineEnd {
      cursor.position += 1
      if byte == UInt8(ascii: "/") { return String(decoding: pattern, as: UTF8.self) }
      if byte == UInt8(ascii: "\\"), let next = cursor.peek {
        cursor.position += 1
        pattern += next == UInt8(ascii: "/") ? [next] : [byte, next]
      } else {
        pattern.append(byte)
      }
    }
    throw cursor.failure("the regular expression that opens here is not closed by '/'", at: start)
  }

  private mutating func escape() throws(ConversionFailure) -> String {
    let start = cursor.position
    cursor.position += 1
    guard let letter = cursor.peek, !letter.isLineEnd else {
      throw cursor.failure("a backslash with nothing after it", at: start)
    }
    cursor.position += 1
    switch letter {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "u"):
      let digits = cursor.take("{") ? cursor.take { $0.hexValue != nil } : ""
      guard let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value), cursor.take("}") else {
        throw cursor.failure("expected \\u{…} with hexadecimal digits", at: start)
      }
      return String(scalar)
    case _ where letter >= 0x80 || letter.isLetter || letter.isDigit:
      throw cursor.failure("unknown escape sequence; a backslash is written \\\\", at: start)
    default: return String(UnicodeScalar(letter))
    }
  }
}

extension TemplateText {
  /// Without blanks at the end.
  var trimmedEnd: TemplateText {
    guard case .literal(let last)? = pieces.last else { return self }
    var result = TemplateText()
    for piece in pieces.dropLast() {
      switch piece {
      case .literal(let text): result.append(text)
      case .expression(let expression): result.append(expression: expression)
      }
    }
    var bytes = Array(last.utf8)
    while bytes.last?.isBlank == true { bytes.removeLast() }
    result.append(String(decoding: bytes, as: UTF8.self))
    return result
  }
}
