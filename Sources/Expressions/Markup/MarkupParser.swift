import CXML

/// Text into a tree by libxml2, within bounds for bytes that a hostile target chose.
///
/// The text goes in piece by piece, and before each piece it is looked at how far it has come: that is where a tag of a
/// million attributes, which libxml2 compares each with each, and a tree that outgrows its memory are stopped.
struct MarkupParser {
  /// Longest text in bytes.
  static let longestText = 16 << 20
  /// What libxml2 may allocate for a document, in bytes.
  static let largestTree = 192 << 20
  /// Attributes of one element.
  static let mostAttributes = 1000
  /// Namespaces declared at a time.
  static let mostNamespaces = 256

  let kind: MarkupDocument.Kind

  func parse(_ text: String) throws(MarkupError) -> UnsafeMutablePointer<xmlDoc> {
    var text = text
    guard text.utf8.count <= Self.longestText else {
      throw MarkupError(
        "the text of \(text.utf8.count) bytes is too long for \(kind.rawValue)(): at most \(Self.longestText >> 20) MiB",
        isLimit: true)
    }
    guard !text.utf8.contains(0) else { throw MarkupError("the text has a NUL byte, which no \(kind.name) has") }
    let result = text.withUTF8 { bytes -> Result<UnsafeMutablePointer<xmlDoc>, MarkupError> in
      do throws(MarkupError) {
        return .success(try parse(UnsafeRawBufferPointer(bytes)))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func parse(_ bytes: UnsafeRawBufferPointer) throws(MarkupError) -> UnsafeMutablePointer<xmlDoc> {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let content = UnsafeRawBufferPointer(rebasing: bytes.starts(with: mark) ? bytes[3...] : bytes[...])
    return try XMLLibrary.metered { (meter: XMLLibrary.Meter) throws(MarkupError) in
      guard let context = kind == .html ? htmlNewParserCtxt() : xmlNewParserCtxt() else {
        throw MarkupError("there is no memory left to read the text as \(kind.name)", isLimit: true)
      }
      defer { xmlFreeParserCtxt(context) }
      guard kind == .html || !content.isEmpty else { throw MarkupError("the text is empty, which is no XML") }
      let feed = Feed(content, for: context, meter: meter)
      context.pointee._private = Unmanaged.passUnretained(feed).toOpaque()
      let document = withExtendedLifetime(feed) { read(feed, context) }
      if let failure = failure(of: feed, context) {
        if let document { xmlFreeDoc(document) }
        throw failure
      }
      guard let document = document ?? (kind == .html ? htmlNewDocNoDtD(nil, nil) : nil) else {
        throw MarkupError("the text is no \(kind.name)")
      }
      return document
    }
  }

  private func read(_ feed: Feed, _ context: xmlParserCtxtPtr) -> UnsafeMutablePointer<xmlDoc>? {
    let source = Unmanaged.passUnretained(feed).toOpaque()
    switch kind {
    case .html:
      let options =
        HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NODEFDTD.rawValue | HTML_PARSE_NOERROR.rawValue
        | HTML_PARSE_NOWARNING.rawValue | HTML_PARSE_NONET.rawValue | HTML_PARSE_IGNORE_ENC.rawValue
      return htmlCtxtReadIO(context, Feed.read, nil, source, nil, "UTF-8", CInt(options))
    case .xml:
      refuseDeclarations(context)
      let options =
        XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue | XML_PARSE_NONET.rawValue
        | XML_PARSE_NOCDATA.rawValue | XML_PARSE_IGNORE_ENC.rawValue
      return xmlCtxtReadIO(context, Feed.read, nil, source, nil, "UTF-8", CInt(options))
    }
  }

  /// Entities are not declared and so never expanded; declared attributes, which would be added to every element, end it.
  private func refuseDeclarations(_ context: xmlParserCtxtPtr) {
    guard let sax = context.pointee.sax else { return }
    sax.pointee.serror = { context, error in
      guard let error, error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
      Feed.of(context)?.note(error.pointee)
    }
    sax.pointee.entityDecl = { _, _, _, _, _, _ in }
    sax.pointee.unparsedEntityDecl = { _, _, _, _, _ in }
    sax.pointee.getEntity = { context, name in
      Feed.of(context)?.refuse(entity: name, prefix: "&", context)
      return nil
    }
    sax.pointee.getParameterEntity = { context, name in
      Feed.of(context)?.refuse(entity: name, prefix: "%", context)
      return nil
    }
    sax.pointee.attributeDecl = { context, _, _, _, _, _, tree in
      xmlFreeEnumeration(tree)
      Feed.of(context)?.refuse("attributes declared by the document (<!ATTLIST>) are not read", context)
      xmlStopParser(context?.assumingMemoryBound(to: xmlParserCtxt.self))
    }
  }

  private func failure(of feed: Feed, _ context: xmlParserCtxtPtr) -> MarkupError? {
    if let limit = feed.limit { return limit }
    if let refusal = feed.refusal { return MarkupError(refusal) }
    switch kind {
    case .html:
      // The one thing that stops this parser is its bound of depth.
      guard context.pointee.disableSAX != 0 else { return nil }
      return MarkupError("elements are nested more than 256 levels deep", isLimit: true)
    case .xml:
      guard context.pointee.wellFormed == 0 || context.pointee.nsWellFormed == 0 else { return nil }
      return MarkupError("the text is no XML: \(feed.firstError ?? "it cannot be read")")
    }
  }
}

/// The text as libxml2 asks for it, and what came up on the way.
private final class Feed {
  private var rest: UnsafeRawBufferPointer
  private let context: xmlParserCtxtPtr
  private let meter: XMLLibrary.Meter
  /// What bound was met.
  private(set) var limit: MarkupError?
  /// What the text asks for and is not given.
  private(set) var refusal: String?
  /// The parser's first complaint with its place.
  private(set) var firstError: String?

  init(_ bytes: UnsafeRawBufferPointer, for context: xmlParserCtxtPtr, meter: XMLLibrary.Meter) {
    rest = bytes
    self.context = context
    self.meter = meter
  }

  static func of(_ context: UnsafeMutableRawPointer?) -> Feed? {
    guard let feed = context?.assumingMemoryBound(to: xmlParserCtxt.self).pointee._private else { return nil }
    return Unmanaged<Feed>.fromOpaque(feed).takeUnretainedValue()
  }

  static let read: xmlInputReadCallback = { source, buffer, length in
    guard let source, let buffer, length > 0 else { return -1 }
    let feed = Unmanaged<Feed>.fromOpaque(source).takeUnretainedValue()
    feed.check()
    // An end of the text, whatever is left of it: stopping the parser from here would free what it reads into.
    guard feed.limit == nil else { return 0 }
    let piece = feed.rest.prefix(Int(length))
    UnsafeMutableRawBufferPointer(start: buffer, count: piece.count).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: piece))
    feed.rest = UnsafeRawBufferPointer(rebasing: feed.rest.dropFirst(piece.count))
    return CInt(piece.count)
  }

  private func check() {
    let parser = context.pointee
    // Five pointers an attribute in XML, two in HTML; the table grows by doubling.
    if parser.maxatts > CInt(10 * MarkupParser.mostAttributes) {
      limit = MarkupError("an element has more than \(MarkupParser.mostAttributes) attributes", isLimit: true)
    } else if parser.nsNr > CInt(2 * MarkupParser.mostNamespaces) {
      limit = MarkupError("more than \(MarkupParser.mostNamespaces) namespaces are declared at a time", isLimit: true)
    } else if meter.bytes > MarkupParser.largestTree {
      limit = MarkupError("the document has too many elements", isLimit: true)
    }
  }

  func note(_ error: xmlError) {
    guard firstError == nil else { return }
    let message = error.message.map { String(cString: $0) } ?? "error \(error.code)"
    let line = message.prefix { $0 != "\n" }
    firstError = "\(error.line):\(max(1, error.int2)): \(String(line).brief(limit: 160))"
  }

  func refuse(entity name: UnsafePointer<xmlChar>?, prefix: String, _ context: UnsafeMutableRawPointer?) {
    let name = name.map { String(cString: $0) } ?? ""
    refuse("the entity \(prefix)\(name.brief(limit: 40)); is not expanded", context)
  }

  func refuse(_ reason: String, _ context: UnsafeMutableRawPointer?) {
    guard refusal == nil else { return }
    let line = context?.assumingMemoryBound(to: xmlParserCtxt.self).pointee.input?.pointee.line ?? 1
    refusal = "the text is no XML that can be read: line \(line): \(reason)"
  }
}
