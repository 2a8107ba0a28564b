extension TextEncoding {
  /// Where HTML looks for a declaration, in bytes (https://html.spec.whatwg.org/#charset).
  private static let prescan = 1024

  /// The encoding that a document says of itself: its byte order mark, its XML declaration, or its `<meta>`.
  package static func declared(by bytes: [UInt8], as kind: MarkupDocument.Kind) -> TextEncoding? {
    if let mark = mark(of: bytes) { return mark }
    let head = bytes.prefix(prescan)
    let label: String?
    switch kind {
    case .html: label = metaCharset(head)
    case .xml: label = xmlEncoding(head)
    }
    guard let encoding = label.flatMap(TextEncoding.init(label:)) else { return nil }
    // Who could read the declaration as ASCII knows that it is no UTF-16.
    return encoding.isUTF16 ? .utf8 : encoding
  }

  /// The value of `encoding` in `<?xml … ?>` (https://www.w3.org/TR/xml/#charencoding).
  private static func xmlEncoding(_ head: ArraySlice<UInt8>) -> String? {
    guard head.starts(with: Array("<?xml".utf8)), let end = head.firstIndex(of: UInt8(ascii: ">")) else { return nil }
    var scanner = AttributeScanner(head[(head.startIndex + 5)..<end])
    while let attribute = scanner.next() {
      if attribute.name == "encoding" { return attribute.value }
    }
    return nil
  }

  /// What the first `<meta>` that speaks of it says (https://html.spec.whatwg.org/#prescan-a-byte-stream-to-determine-its-encoding).
  private static func metaCharset(_ head: ArraySlice<UInt8>) -> String? {
    var rest = head
    while let open = rest.firstIndex(of: UInt8(ascii: "<")) {
      rest = rest[open...]
      if rest.starts(with: Array("<!--".utf8)) {
        rest = rest.dropFirst(4)
        while !rest.isEmpty, !rest.starts(with: Array("-->".utf8)) { rest = rest.dropFirst() }
        continue
      }
      rest = rest.dropFirst()
      let word = String(decoding: rest.prefix(4), as: UTF8.self).lowercased()
      guard word == "meta", let after = rest.dropFirst(4).first, after <= 0x20 || after == UInt8(ascii: "/") else {
        continue
      }
      rest = rest.dropFirst(4)
      var scanner = AttributeScanner(rest)
      var attributes: [String: String] = [:]
      while let attribute = scanner.next() {
        if attributes[attribute.name] == nil { attributes[attribute.name] = attribute.value }
      }
      rest = scanner.rest
      if let charset = attributes["charset"] { return charset }
      if attributes["http-equiv"]?.lowercased() == "content-type",
        let charset = attributes["content"].flatMap(ContentType.charset(of:))
      {
        return charset
      }
    }
    return nil
  }
}

/// The parameters of a media type (RFC 9110 section 8.3.1), read as forgivingly as the web does.
package enum ContentType {
  /// The media type in lower case, without parameters.
  package static func mediaType(of field: String) -> String {
    String(field.prefix { $0 != ";" }).lowercased().filter { $0 != " " && $0 != "\t" }
  }

  /// The value of `charset`; nil without one.
  package static func charset(of field: String) -> String? {
    for parameter in field.split(separator: ";").dropFirst() {
      let halves = parameter.split(separator: "=", maxSplits: 1).map { $0.filter { !" \t\"'".contains($0) } }
      if halves.count == 2, halves[0].lowercased() == "charset" { return halves[1] }
    }
    return nil
  }
}

/// Attributes of a tag up to its `>`, names in lower case.
private struct AttributeScanner {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func next() -> (name: String, value: String)? {
    rest = rest.drop { $0 <= 0x20 || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
    guard let first = rest.first, first != UInt8(ascii: ">") else { return nil }
    let name = rest.prefix {
      $0 > 0x20 && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "/")
    }
    rest = rest[(name.endIndex)...]
    // A name that is empty begins with a stray `=`, which is taken as text so that the scan goes on.
    if name.isEmpty { rest = rest.dropFirst() }
    var value: ArraySlice<UInt8> = []
    let afterBlanks = rest.drop { $0 <= 0x20 }
    if afterBlanks.first == UInt8(ascii: "=") {
      rest = afterBlanks.dropFirst().drop { $0 <= 0x20 }
      if let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
        value = rest.dropFirst().prefix { $0 != quote }
        rest = rest[value.endIndex...].dropFirst()
      } else {
        value = rest.prefix { $0 > 0x20 && $0 != UInt8(ascii: ">") }
        rest = rest[value.endIndex...]
      }
    }
    return (String(decoding: name, as: UTF8.self).lowercased(), String(decoding: value, as: UTF8.self))
  }
}
