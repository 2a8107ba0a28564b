import CLinux
import CXML

/// An XPath 1.0 expression (https://www.w3.org/TR/xpath-10/) that was looked at, not yet asked.
struct XPath {
  /// Longest expression in bytes: libxml2 recurses once for each step.
  static let longest = 2048
  /// Nodes of a document whose sets may be joined, which libxml2 does by comparing each with each.
  static let mostJoinedNodes = 30_000
  /// What the texts of one answer may take, in bytes.
  static let longestAnswer = 32 << 20

  /// The expression as it was written.
  let source: String
  private let joinsNodeSets: Bool

  /// Looks at the words of an expression.
  /// - Throws: unknown functions, variables, what is too long.
  init(_ source: String) throws(MarkupError) {
    guard source.utf8.count <= Self.longest else {
      throw MarkupError("the XPath of \(source.utf8.count) bytes is too long: at most \(Self.longest)")
    }
    guard !source.utf8.contains(0) else { throw MarkupError("an XPath has no NUL byte") }
    self.source = source
    let words = try XPathWords(source)
    joinsNodeSets = words.joinsNodeSets
  }

  /// Looks at an expression and reads its grammar, without a document.
  /// - Throws: what is wrong with it, in words.
  static func check(_ source: String) throws(MarkupError) {
    let path = try XPath(source)
    try XMLLibrary.metered { (_: XMLLibrary.Meter) throws(MarkupError) in
      guard let context = xmlXPathNewContext(nil) else { throw outOfMemory }
      defer { xmlXPathFreeContext(context) }
      let complaint = Complaint(on: context)
      try withExtendedLifetime(complaint) { () throws(MarkupError) in
        guard let compiled = xmlXPathCtxtCompile(context, source) else { throw complaint.error(path) }
        xmlXPathFreeCompExpr(compiled)
      }
    }
  }

  /// Asks a document.
  ///
  /// - Parameter budget: units of work that are left; what was done is taken off.
  /// - Returns: the texts of the nodes, or one text for a number, a string or a bool.
  func strings(in document: MarkupDocument, budget: inout Int) throws(MarkupError) -> [String] {
    guard !joinsNodeSets || document.nodeCount <= Self.mostJoinedNodes else {
      throw MarkupError(
        "\"\(source.brief(limit: 60))\" joins sets of nodes, and the document has \(document.nodeCount) nodes; "
          + "that is done in documents of at most \(Self.mostJoinedNodes)", isLimit: true)
    }
    let start = curlew_thread_nanoseconds()
    var left = budget
    // Whatever libxml2 counted, time that was spent is spent: a unit is about 100 ns.
    defer { budget = min(left, budget - Int(clamping: (curlew_thread_nanoseconds() - start) / 100)) }
    guard let context = xmlXPathNewContext(document.tree) else { throw Self.outOfMemory }
    defer { xmlXPathFreeContext(context) }
    return try XMLLibrary.metered(paidBy: context) { (_: XMLLibrary.Meter) throws(MarkupError) in
      defer { left = budget - Int(clamping: context.pointee.opCount) }
      let complaint = Complaint(on: context)
      return try withExtendedLifetime(complaint) { () throws(MarkupError) in
        // Zero would be no limit.
        context.pointee.opLimit = UInt(max(1, budget))
        context.pointee.node = UnsafeMutableRawPointer(document.tree).assumingMemoryBound(to: xmlNode.self)
        if document.kind == .xml { Self.registerNamespaces(of: document, on: context) }
        XPathFunctions.register(on: context)
        guard let compiled = xmlXPathCtxtCompile(context, source) else { throw complaint.error(self) }
        defer { xmlXPathFreeCompExpr(compiled) }
        guard let object = xmlXPathCompiledEval(compiled, context) else { throw complaint.error(self) }
        defer { xmlXPathFreeObject(object) }
        return try Self.strings(object, context)
      }
    }
  }

  static let outOfMemory = MarkupError("there is no memory left for the XPath", isLimit: true)

  /// Prefixes are those that the root declares; its default namespace, which XPath 1.0 has no way to name, is `_`.
  private static func registerNamespaces(of document: MarkupDocument, on context: xmlXPathContextPtr) {
    var declaration = xmlDocGetRootElement(document.tree)?.pointee.nsDef
    while let one = declaration {
      if let prefix = one.pointee.prefix {
        xmlXPathRegisterNs(context, prefix, one.pointee.href)
      } else {
        xmlXPathRegisterNs(context, "_", one.pointee.href)
      }
      declaration = one.pointee.next
    }
  }

  private static func strings(
    _ object: UnsafeMutablePointer<xmlXPathObject>, _ context: xmlXPathContextPtr
  ) throws(MarkupError) -> [String] {
    guard object.pointee.type == XPATH_NODESET else {
      guard let text = xmlXPathCastToString(object) else { throw outOfMemory }
      defer { free(text) }
      return [String(cString: text)]
    }
    guard let nodes = object.pointee.nodesetval, let table = nodes.pointee.nodeTab else { return [] }
    var strings: [String] = []
    var length = 0
    strings.reserveCapacity(Int(nodes.pointee.nodeNr))
    for index in 0..<Int(nodes.pointee.nodeNr) {
      guard let text = xmlXPathCastNodeToString(table[index]) else { throw outOfMemory }
      defer { free(text) }
      length += strlen(UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self))
      context.pointee.opCount += 1
      guard length <= longestAnswer, context.pointee.opCount <= context.pointee.opLimit else {
        throw MarkupError("the texts of the nodes are too long: more than \(longestAnswer >> 20) MiB", isLimit: true)
      }
      strings.append(String(cString: text))
    }
    return strings
  }
}

/// What libxml2 says of an XPath.
private final class Complaint {
  private var code: CInt = 0
  private var offset: Int?

  init(on context: xmlXPathContextPtr) {
    context.pointee.userData = Unmanaged.passUnretained(self).toOpaque()
    context.pointee.error = { complaint, error in
      guard let complaint, let error else { return }
      let mine = Unmanaged<Complaint>.fromOpaque(complaint).takeUnretainedValue()
      guard mine.code == 0 else { return }
      mine.code = error.pointee.code
      mine.offset = error.pointee.str1 == nil ? nil : Int(error.pointee.int1)
    }
  }

  func error(_ path: XPath) -> MarkupError {
    // libxml2 numbers these errors from XML_XPATH_EXPRESSION_OK in the order of xmlXPathError.
    let kind = code - CInt(XML_XPATH_EXPRESSION_OK.rawValue)
    switch UInt32(max(0, kind)) {
    case XPATH_OP_LIMIT_EXCEEDED.rawValue, XPATH_RECURSION_LIMIT_EXCEEDED.rawValue, XPATH_STACK_ERROR.rawValue,
      XPATH_MEMORY_ERROR.rawValue:
      return MarkupError(
        "the XPath \"\(path.source.brief(limit: 60))\" takes more work than its limit allows", isLimit: true)
    default:
      return MarkupError("bad XPath \"\(path.source.brief(limit: 60))\": \(words(UInt32(max(0, kind)), path.source))")
    }
  }

  private func words(_ kind: UInt32, _ source: String) -> String {
    switch kind {
    case XPATH_UNDEF_PREFIX_ERROR.rawValue:
      return "a prefix is not declared; prefixes are those of the document's root, and '_' is its default namespace"
    case XPATH_INVALID_TYPE.rawValue, XPATH_INVALID_OPERAND.rawValue:
      return "a value is of the wrong type\(place(source))"
    case XPATH_INVALID_ARITY.rawValue: return "a function has the wrong number of arguments\(place(source))"
    case XPATH_UNFINISHED_LITERAL_ERROR.rawValue: return "a text has no closing quote"
    case XPATH_INVALID_PREDICATE_ERROR.rawValue, XPATH_UNCLOSED_ERROR.rawValue:
      return "a bracket is not closed\(place(source))"
    default: return "it cannot be understood\(place(source))"
    }
  }

  /// Where reading stopped.
  private func place(_ source: String) -> String {
    guard let offset else { return "" }
    guard offset < source.utf8.count else { return " at its end" }
    return " at '\(String(decoding: source.utf8.dropFirst(offset), as: UTF8.self).brief(limit: 20))'"
  }
}
