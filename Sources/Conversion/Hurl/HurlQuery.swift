/// Reads queries, filters and predicates of Hurl, and says them in CEL.
struct HurlQuery {
  /// Why something cannot be said; the words go into a note.
  struct Unsaid: Error {
    var message: String

    init(_ message: String) { self.message = message }
  }

  private var tokens: ArraySlice<HurlToken>
  private(set) var scope: HurlScope
  /// Whether markup is read as XML, not as HTML.
  private let isXML: Bool
  private var unsaid: [String] = []

  init(_ tokens: [HurlToken], scope: HurlScope, isXML: Bool) {
    self.tokens = tokens[...]
    self.scope = scope
    self.isXML = isXML
  }

  /// What a capture takes.
  mutating func capture() throws(Unsaid) -> (source: String, isSecret: Bool) {
    var value = try query()
    var isSecret = false
    while let word = nextWord {
      if word == "redact" {
        tokens = tokens.dropFirst()
        isSecret = true
      } else {
        value = try filter(value)
      }
    }
    guard tokens.isEmpty else { throw Unsaid("what stands at its end is not understood") }
    guard !value.source.contains(Self.uncut) else { throw Unsaid(Self.noGroups) }
    try finish()
    return (value.single.source, isSecret)
  }

  /// What an assert asks.
  mutating func assertion() throws(Unsaid) -> String {
    var value = try query()
    while let word = nextWord, !Self.predicates.contains(word) { value = try filter(value) }
    let isNegative = nextWord == "not"
    if isNegative { tokens = tokens.dropFirst() }
    guard let word = nextWord else { throw Unsaid("it has no predicate") }
    tokens = tokens.dropFirst()
    let result = try predicate(word, value, isNegative: isNegative)
    guard tokens.isEmpty else { throw Unsaid("what stands at its end is not understood") }
    try finish()
    return result
  }

  private func finish() throws(Unsaid) {
    if let source = unsaid.first { throw Unsaid("{{\(source)}} has no counterpart") }
  }

  // MARK: Words

  private var nextWord: String? {
    if case .word(let word)? = tokens.first?.content { word } else { nil }
  }

  private var offset: Int { tokens.first?.offset ?? 0 }

  /// A text in quotes, whose templates are an expression.
  private mutating func textSource() throws(Unsaid) -> String {
    let offset = offset
    guard case .quoted(let text)? = tokens.popFirst()?.content else { throw Unsaid("a text in quotes is missing") }
    return source(of: text, at: offset)
  }

  private mutating func source(of text: TemplateText, at offset: Int) -> String {
    var missing: [String] = []
    let source = scope.source(of: text, at: offset) { missing.append($0) }
    unsaid += missing
    return source
  }

  /// A text in quotes that holds no template.
  private mutating func literal() throws(Unsaid) -> String {
    guard case .quoted(let text)? = tokens.popFirst()?.content else { throw Unsaid("a text in quotes is missing") }
    guard let literal = text.literal else { throw Unsaid("a template cannot stand there") }
    return literal
  }

  private mutating func pattern() throws(Unsaid) -> String {
    switch tokens.popFirst()?.content {
    case .regex(let pattern)?: return pattern
    case .quoted(let text)?:
      guard let literal = text.literal else { throw Unsaid("a template cannot stand in a regular expression") }
      return literal
    default: throw Unsaid("a regular expression is missing")
    }
  }

  // MARK: Queries

  private mutating func query() throws(Unsaid) -> HurlValue {
    guard let word = nextWord else { throw Unsaid("it does not begin with a query") }
    tokens = tokens.dropFirst()
    switch word {
    case "status": return HurlValue("status", .int)
    case "version": return HurlValue("version", .string)
    case "url": return HurlValue("url", .string)
    case "ip": return HurlValue("ip", .string)
    case "body": return HurlValue("body", .string)
    case "bytes":
      var value = HurlValue("body_bytes", .bytes)
      value.count = "size"
      return value
    case "duration": return HurlValue("elapsed", .milliseconds)
    case "sha256": return HurlValue("sha256(body_bytes)", .bytes)
    case "redirects":
      var value = HurlValue("redirects", .list, existence: "redirects > 0")
      value.count = "redirects"
      return value
    case "header":
      let name = try literal().lowercased()
      let key = CELText.quoted(name)
      var value = HurlValue("headers[\(key)]", .string, existence: "\(key) in headers")
      value.all = "header_values[\(key)]"
      return value
    case "cookie": return try cookie(try literal())
    case "variable":
      let name = try literal()
      return HurlValue(scope.reference(name, at: offset), .dyn, existence: "has(vars.\(CELText.name(name)))")
    case "jsonpath": return try jsonPath(try literal(), root: "json")
    case "xpath": return xpath(try textSource(), of: "body")
    case "regex": return try regex(try pattern(), in: "body")
    case "certificate": return try certificate(try literal())
    default: throw Unsaid("'\(word.prefix(40))' has no counterpart")
    }
  }

  private func cookie(_ text: String) throws(Unsaid) -> HurlValue {
    let parts = text.split(separator: "[", maxSplits: 1)
    let key = CELText.quoted(String(parts.first ?? ""))
    let exists = "\(key) in cookies"
    let attribute = parts.count > 1 ? String(parts[1].dropLast()).lowercased() : "value"
    let member = "cookies[\(key)]"
    switch attribute {
    case "value": return HurlValue("\(member).value", .string, existence: exists)
    case "domain", "path":
      return HurlValue("\(member).\(attribute)", .string, existence: "\(exists) && \(member).\(attribute) != \"\"")
    case "samesite":
      return HurlValue("\(member).same_site", .string, existence: "\(exists) && \(member).same_site != \"\"")
    case "secure": return HurlValue("\(member).secure", .bool, existence: "\(exists) && \(member).secure")
    case "httponly": return HurlValue("\(member).http_only", .bool, existence: "\(exists) && \(member).http_only")
    case "expires": return HurlValue("\(member).expires", .dyn, existence: "\(exists) && \(member).expires != null")
    default: throw Unsaid("the cookie attribute '\(attribute.prefix(40))' has no counterpart")
    }
  }

  private func certificate(_ field: String) throws(Unsaid) -> HurlValue {
    switch field {
    case "Subject": return HurlValue("certificate.subject", .string)
    case "Issuer": return HurlValue("certificate.issuer", .string)
    case "Start-Date": return HurlValue("certificate.not_before", .timestamp)
    case "Expire-Date": return HurlValue("certificate.not_after", .timestamp)
    case "Serial-Number": return HurlValue("certificate.serial", .string)
    case "Subject-Alt-Name": return HurlValue("certificate.names.join(\", \")", .string)
    default: throw Unsaid("the certificate's '\(field.prefix(40))' has no counterpart")
    }
  }

  private func jsonPath(_ text: String, root: String) throws(Unsaid) -> HurlValue {
    guard let path = JSONPath(text, root: root) else {
      throw Unsaid("the JSONPath \(text.prefix(80)) has no counterpart: walk json in CEL, with exists, filter and map")
    }
    return HurlValue(
      path.source, path.isMany ? .nodes : .dyn, existence: path.existence, guarded: path.guardedExistence)
  }

  /// XPath gives a list of strings here, whatever it gives in Hurl.
  private func xpath(_ source: String, of text: String) -> HurlValue {
    let function = isXML ? "xml" : "html"
    let list = "\(function)(\(text)).xpath(\(source))"
    let call = String(source.dropFirst().prefix { $0 != "(" && $0 != "/" })
    switch call {
    case "string", "normalize-space", "concat", "substring", "substring-after", "substring-before", "translate",
      "local-name", "name":
      return HurlValue("\(list)[0]", .string)
    case "count": return HurlValue("int(\(list)[0])", .int)
    case "sum", "number", "floor", "ceiling", "round", "string-length": return HurlValue("double(\(list)[0])", .double)
    case "boolean", "not", "contains", "starts-with":
      let inner = String(source.dropFirst().dropLast())
      return HurlValue("\(function)(\(text)).xpath(\"string(\(inner))\")[0] == \"true\"", .bool)
    default: return HurlValue(list, .nodes, existence: "size(\(list)) > 0")
    }
  }

  /// The first group of a regular expression. CEL has no groups, but what stands between two literals can be cut out.
  private func regex(_ pattern: String, in text: String) throws(Unsaid) -> HurlValue {
    let matches = "\(text).matches(\(CELText.pattern(pattern)))"
    guard let cut = RegexCut(pattern) else {
      return HurlValue(Self.uncut, .dyn, existence: matches)
    }
    var source = text
    if !cut.prefix.isEmpty { source += ".split(\(CELText.quoted(cut.prefix)))[1]" }
    if let end = cut.end { source += ".split(\(CELText.quoted(end)))[0]" }
    return HurlValue(source, .string, existence: matches)
  }

  /// Stands for the group of a pattern that cannot be cut out; only whether it matches can be asked.
  private static let uncut = "\u{0}"

  private static let noGroups =
    "the group of this regular expression has no counterpart: cut it out with split() or substring()"

  // MARK: Filters

  private mutating func filter(_ value: HurlValue) throws(Unsaid) -> HurlValue {
    guard let name = nextWord else { throw Unsaid("a filter is not understood") }
    tokens = tokens.dropFirst()
    let single = value.single
    switch name {
    case "count":
      if let count = value.count { return HurlValue(count, .int) }
      return HurlValue("size(\(value.all ?? value.source))", .int)
    case "first": return HurlValue("\(value.receiver)[0]", .dyn, existence: value.existence)
    case "last":
      return HurlValue(value.source + JSONPath.subscripted(value.source, -1), .dyn, existence: value.existence)
    case "nth":
      guard let word = nextWord, let index = Int(word) else { throw Unsaid("'nth' lacks its number") }
      tokens = tokens.dropFirst()
      let list = value.all ?? value.receiver
      let bound = index < 0 ? -index - 1 : index
      return HurlValue(list + JSONPath.subscripted(list, index), .dyn, existence: "size(\(list)) > \(bound)")
    case "split": return HurlValue("\(single.receiver).split(\(try textSource()))", .list)
    case "replace":
      guard case .quoted? = tokens.first?.content else {
        throw Unsaid("'replace' by a regular expression has no counterpart")
      }
      let old = try textSource()
      return HurlValue("\(single.receiver).replace(\(old), \(try textSource()))", .string)
    case "toInt": return HurlValue("int(\(single.source))", .int)
    case "toFloat": return HurlValue("double(\(single.source))", .double)
    case "toString": return HurlValue("string(\(single.source))", .string)
    case "toHex": return HurlValue("hex(\(single.source))", .string)
    case "urlEncode": return HurlValue("url.encode(\(single.source))", .string)
    case "urlDecode": return HurlValue("url.decode(\(single.source))", .string)
    case "base64Decode", "base64UrlSafeDecode": return HurlValue("base64.decode(\(single.source))", .bytes)
    case "base64Encode":
      return HurlValue("base64.encode(\(single.kind == .bytes ? single.source : "bytes(\(single.source))"))", .string)
    case "utf8Decode": return HurlValue("string(\(single.source))", .string)
    case "utf8Encode": return HurlValue("bytes(\(single.source))", .bytes)
    case "decode", "charsetDecode":
      _ = try literal()
      guard value.source == "body_bytes" else { throw Unsaid("'\(name)' has no counterpart") }
      return HurlValue("body", .string)
    case "daysAfterNow":
      if value.source == "certificate.not_after" { return HurlValue("certificate.expires_in", .days) }
      return HurlValue("\(single.receiver) - now", .days)
    case "daysBeforeNow": return HurlValue("now - \(single.receiver)", .days)
    case "toDate" where Self.isTimestampFormat(tokens.first):
      tokens = tokens.dropFirst()
      return HurlValue("timestamp(\(single.source))", .timestamp)
    case "xpath": return xpath(try textSource(), of: single.source)
    case "regex": return try regex(try pattern(), in: single.receiver)
    case "jsonpath":
      guard value.source == "body" else { throw Unsaid("JSON inside a text has no counterpart") }
      return try jsonPath(try literal(), root: "json")
    default: throw Unsaid("the filter '\(name.prefix(40))' has no counterpart")
    }
  }

  private static func isTimestampFormat(_ token: HurlToken?) -> Bool {
    if case .quoted(let text)? = token?.content { text.literal == "%+" } else { false }
  }

  // MARK: Predicates

  private static let predicates: Set<String> = [
    "not", "==", "!=", ">", ">=", "<", "<=", "equals", "notEquals", "greaterThan", "greaterThanOrEquals", "lessThan",
    "lessThanOrEquals", "startsWith", "endsWith", "contains", "includes", "matches", "exists", "isEmpty", "isBoolean",
    "isInteger", "isFloat", "isNumber", "isString", "isCollection", "isList", "isObject", "isDate", "isIsoDate",
    "isUuid", "isIpv4", "isIpv6",
  ]

  private static let operators = [
    "==": "==", "equals": "==", "!=": "!=", "notEquals": "!=", ">": ">", "greaterThan": ">", ">=": ">=",
    "greaterThanOrEquals": ">=", "<": "<", "lessThan": "<", "<=": "<=", "lessThanOrEquals": "<=",
  ]

  private mutating func predicate(_ word: String, _ value: HurlValue, isNegative: Bool) throws(Unsaid) -> String {
    if word == "exists" {
      let existence = isNegative ? value.guardedExistence : value.existence
      return Self.negated(existence ?? "true", if: isNegative)
    }
    guard !value.source.contains(Self.uncut) else {
      throw Unsaid(Self.noGroups)
    }
    if let operation = Self.operators[word] {
      return try comparison(operation, value, isNegative: isNegative)
    }
    return Self.negated(try test(word, value), if: isNegative)
  }

  private static func negated(_ source: String, if isNegative: Bool) -> String {
    guard isNegative else { return source }
    return HurlValue(source, .bool).receiver == source ? "!\(source)" : "!(\(source))"
  }

  private mutating func test(_ word: String, _ value: HurlValue) throws(Unsaid) -> String {
    let single = value.single
    switch word {
    case "startsWith", "endsWith", "contains":
      if case .bytes(let bytes)? = tokens.first?.content {
        tokens = tokens.dropFirst()
        return "hex(\(single.source)).\(word)(\(CELText.quoted(Self.hex(bytes))))"
      }
      let text = try textSource()
      let isList = value.kind == .list || value.kind == .nodes
      return word == "contains" && isList ? "\(text) in \(value.receiver)" : "\(single.receiver).\(word)(\(text))"
    case "includes":
      let (item, _) = try operand()
      return "\(item) in \(value.receiver)"
    case "matches": return "\(single.receiver).matches(\(CELText.pattern(try pattern())))"
    case "isEmpty": return "size(\(value.source)) == 0"
    case "isBoolean": return "type(\(single.source)) == bool"
    case "isInteger": return "type(\(single.source)) == int"
    case "isFloat": return "type(\(single.source)) == double"
    case "isNumber": return "type(\(single.source)) in [int, uint, double]"
    case "isString": return "type(\(single.source)) == string"
    case "isCollection": return "type(\(value.source)) in [list, map]"
    case "isList": return "type(\(value.source)) == list"
    case "isObject": return "type(\(single.source)) == map"
    case "isDate": return "type(\(single.source)) == google.protobuf.Timestamp"
    case "isIsoDate":
      return
        "\(single.receiver).matches(r\"^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:?\\d{2})$\")"
    case "isUuid": return "\(single.receiver).matches(\"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$\")"
    case "isIpv4": return "\(single.receiver).matches(r\"^\\d{1,3}(\\.\\d{1,3}){3}$\")"
    case "isIpv6": return "\(single.receiver).matches(\"^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$\")"
    default: throw Unsaid("the predicate '\(word.prefix(40))' has no counterpart")
    }
  }

  private mutating func comparison(
    _ operation: String, _ value: HurlValue, isNegative: Bool
  ) throws(Unsaid) -> String {
    var operation = operation
    if isNegative {
      let opposites = ["==": "!=", "!=": "==", ">": "<=", ">=": "<", "<": ">=", "<=": ">"]
      operation = opposites[operation] ?? operation
    }
    if case .bytes(let bytes)? = tokens.first?.content {
      tokens = tokens.dropFirst()
      return "hex(\(value.single.source)) \(operation) \(CELText.quoted(Self.hex(bytes)))"
    }
    let single = value.single
    let (right, kind) = try operand()
    switch value.kind {
    case .milliseconds:
      guard let number = Double(right) else { return "elapsed \(operation) duration(string(\(right)) + \"ms\")" }
      return "elapsed \(operation) duration(\"\(Self.number(number))ms\")"
    case .days:
      guard let number = Double(right) else { throw Unsaid("days are compared with a number") }
      return "\(single.receiver) \(operation) duration(\"\(Self.number(number * 24))h\")"
    case .timestamp where kind == .string: return "\(single.receiver) \(operation) timestamp(\(right))"
    default:
      // The checker refuses what can never be equal, and Hurl answers false: `dyn` leaves the answer to the run.
      let mayDiffer = single.kind != .dyn && (kind == .dyn || kind != single.kind)
      return "\(mayDiffer ? "dyn(\(single.source))" : single.receiver) \(operation) \(right)"
    }
  }

  /// What a value is compared with.
  private mutating func operand() throws(Unsaid) -> (source: String, kind: HurlValue.Kind) {
    let offset = offset
    switch tokens.popFirst()?.content {
    case .quoted(let text)?: return (source(of: text, at: offset), .string)
    case .template(let template)?:
      guard let expression = scope.expression(template, at: offset) else {
        throw Unsaid("{{\(template)}} has no counterpart")
      }
      return (expression, .dyn)
    case .word(let word)?:
      if word == "true" || word == "false" { return (word, .bool) }
      if word == "null" { return (word, .dyn) }
      if Int64(word) != nil { return (word, .int) }
      if let number = Double(word), number.isFinite, word.utf8.first.map({ $0.isDigit || $0 == 0x2D }) == true {
        return (word, .double)
      }
      throw Unsaid("'\(word.prefix(40))' is no value")
    case .file?: throw Unsaid("the content of a file has no counterpart")
    case .bytes?, .regex?, nil: throw Unsaid("the value to compare with is not understood")
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
  }
}
