import CXML
import Glibc

/// Functions of XPath whose work libxml2 does not count: they look for one text in another at every place.
enum XPathFunctions {
  /// The functions of XPath 1.0 (https://www.w3.org/TR/xpath-10/#corelib), which are all there are.
  static let core: Set<String> = [
    "last", "position", "count", "id", "local-name", "namespace-uri", "name", "string", "concat", "starts-with",
    "contains", "substring-before", "substring-after", "substring", "string-length", "normalize-space", "translate",
    "boolean", "not", "true", "false", "lang", "number", "sum", "floor", "ceiling", "round",
  ]

  /// Puts paid ones in place of the four.
  static func register(on context: xmlXPathContextPtr) {
    // One that is there already is kept by libxml2, so that it has to go first.
    for name in ["contains", "substring-before", "substring-after", "translate"] {
      xmlXPathRegisterFunc(context, name, nil)
    }
    xmlXPathRegisterFunc(context, "contains") { parser, count in
      if XPathFunctions.pay(parser, count) { xmlXPathContainsFunction(parser, count) }
    }
    xmlXPathRegisterFunc(context, "substring-before") { parser, count in
      if XPathFunctions.pay(parser, count) { xmlXPathSubstringBeforeFunction(parser, count) }
    }
    xmlXPathRegisterFunc(context, "substring-after") { parser, count in
      if XPathFunctions.pay(parser, count) { xmlXPathSubstringAfterFunction(parser, count) }
    }
    xmlXPathRegisterFunc(context, "translate") { parser, count in
      if XPathFunctions.pay(parser, count) { xmlXPathTranslateFunction(parser, count) }
    }
  }

  /// Adds the product of the lengths of the first two arguments, in 64 bytes, to the operations.
  private static func pay(_ parser: xmlXPathParserContextPtr?, _ count: CInt) -> Bool {
    guard let parser, let context = parser.pointee.context, count >= 2, parser.pointee.valueNr >= count,
      let values = parser.pointee.valueTab
    else { return true }  // The function itself says what is wrong.
    let first = Int(parser.pointee.valueNr - count)
    let product = UInt(length(values[first])).multipliedReportingOverflow(by: UInt(length(values[first + 1])))
    let work = product.overflow ? UInt.max / 2 : product.partialValue / 64
    guard work <= context.pointee.opLimit - min(context.pointee.opLimit, context.pointee.opCount) else {
      xmlXPathErr(parser, CInt(XPATH_OP_LIMIT_EXCEEDED.rawValue))
      return false
    }
    context.pointee.opCount += work
    return true
  }

  /// The bytes that a value has as text.
  private static func length(_ value: xmlXPathObjectPtr?) -> Int {
    guard let value else { return 0 }
    if value.pointee.type == XPATH_STRING { return Int(xmlStrlen(value.pointee.stringval)) }
    guard let text = xmlXPathCastToString(value) else { return 0 }
    defer { free(text) }
    return Int(xmlStrlen(text))
  }
}
