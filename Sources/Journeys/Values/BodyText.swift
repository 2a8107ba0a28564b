import Expressions

/// A body's bytes as text.
enum BodyText {
  /// Decodes by what says so first: a byte order mark, the charset of the content type, what an HTML or XML document says of
  /// itself. A name that nobody knows counts as none, and without any the text is UTF-8. Bytes that do not decode become
  /// U+FFFD.
  /// - Throws: when the C library here cannot read the encoding.
  static func decode(_ bytes: [UInt8], contentType: String) throws(EvaluationError) -> String {
    try encoding(of: bytes, contentType: contentType).decode(bytes)
  }

  private static func encoding(of bytes: [UInt8], contentType: String) -> TextEncoding {
    if let mark = TextEncoding.mark(of: bytes) { return mark }
    if let named = ContentType.charset(of: contentType).flatMap(TextEncoding.init(label:)) { return named }
    let mediaType = ContentType.mediaType(of: contentType)
    if mediaType == "text/html" { return TextEncoding.declared(by: bytes, as: .html) ?? .utf8 }
    // RFC 7303 section 3.
    let isXML = mediaType.hasSuffix("/xml") || mediaType.hasSuffix("+xml")
    return isXML ? TextEncoding.declared(by: bytes, as: .xml) ?? .utf8 : .utf8
  }
}
