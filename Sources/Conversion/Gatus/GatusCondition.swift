import Model

/// A condition of Gatus as an expression of CEL.
///
/// Gatus compares texts: `[BODY].age == 5` holds of `"5"` too. Here numbers are numbers. What becomes of nothing that is
/// known, and of a value that is no number, is an error, which fails, where Gatus takes zero.
struct GatusCondition {
  /// What kind of answer the placeholders are of.
  enum Facts {
    case http, socket, dns(type: String), icmp, grpc
  }

  /// Why there is no such expression.
  struct Loss: Error {
    var message: String
  }

  /// What a condition becomes.
  enum Outcome: Equatable {
    case expression(String)
    /// It says what holds anyway when the exchange went well.
    case implied
  }

  private let facts: Facts
  /// Names of what the journey has captured, by their names in the context of the suite.
  private let context: [String: String]
  /// Texts may hold variables of the environment.
  private let text: (String) -> TemplateText

  init(facts: Facts, context: [String: String] = [:], text: @escaping (String) -> TemplateText) {
    self.facts = facts
    self.context = context
    self.text = text
  }

  func converted(_ condition: String) throws(Loss) -> Outcome {
    // In the order in which Gatus looks for them.
    for operation in ["==", "!=", "<=", ">=", ">", "<"] {
      let parts = condition.pieces(between: " \(operation) ")
      guard parts.count > 1 else { continue }
      guard parts.count == 2 else { throw Loss(message: "has more than one '\(operation)'") }
      return try compare(parts[0].trimmed, operation, parts[1].trimmed)
    }
    throw Loss(message: "is no condition: there is no operator with blanks around it")
  }

  /// What a step of a suite stores, as an expression.
  func stored(_ placeholder: String) throws(Loss) -> String {
    switch try operand(placeholder.trimmed) {
    case .value(let source, .duration): return "\(source).getMilliseconds()"
    case .value(let source, _), .has(let source): return source
    case .literal(let literal): return text(literal).source
    case .glob, .any, .connected, .every: throw Loss(message: "is no single value")
    }
  }

  // MARK: Operands

  /// A side of a comparison.
  private enum Operand {
    case value(String, Kind)
    case has(String)
    case literal(String)
    case glob(String)
    case any([String])
    case connected
    /// Every element of a list, as `i`.
    case every(list: String, member: String)
  }

  private enum Kind {
    case number, text, duration, dynamic
  }

  private func operand(_ written: String) throws(Loss) -> Operand {
    for (prefix, function) in [("len(", "len"), ("has(", "has"), ("age(", "age"), ("pat(", "pat"), ("any(", "any")]
    where written.hasPrefix(prefix) && written.hasSuffix(")") {
      let inner = String(written.dropFirst(4).dropLast())
      switch function {
      case "pat": return .glob(inner)
      case "any": return .any(inner.split(separator: ",").map { String($0).trimmed })
      case "has": return .has(try presence(inner))
      case "len": return .value("size(\(try sized(inner)))", .number)
      default: return .value("(now - timestamp(\(try timed(inner))))", .duration)
      }
    }
    return try placeholder(written) ?? .literal(written)
  }

  private func placeholder(_ written: String) throws(Loss) -> Operand? {
    guard written.hasPrefix("["), let end = written.firstIndex(of: "]") else { return nil }
    let name = written[written.index(after: written.startIndex)..<end].uppercased()
    let path = String(written[written.index(after: end)...])
    switch (name, facts) {
    case ("STATUS", .http): return .value("status", .number)
    case ("RESPONSE_TIME", .icmp): return .value("rtt.avg", .duration)
    case ("RESPONSE_TIME", _): return .value("elapsed", .duration)
    case ("IP", _): return .value("ip", .text)
    case ("CONNECTED", _): return .connected
    case ("CERTIFICATE_EXPIRATION", .http), ("CERTIFICATE_EXPIRATION", .socket):
      return .value("certificate.expires_in", .duration)
    case ("DNS_RCODE", .dns): return .value("rcode", .text)
    case ("HEADER", .http): return .value("headers[\(CELText.quoted(path.dropFirst().lowercased()))]", .text)
    case ("CONTEXT", _): return .value(try variable(path), .dynamic)
    case ("BODY", _): return try body(path)
    case ("DOMAIN_EXPIRATION", _): throw Loss(message: "asks when a domain expires, which Curlew does not look up")
    case ("STATUS", _), ("DNS_RCODE", _), ("HEADER", _), ("CERTIFICATE_EXPIRATION", _):
      throw Loss(message: "has [\(name)], which this kind of check does not give")
    default: return nil
    }
  }

  private func body(_ path: String) throws(Loss) -> Operand {
    switch facts {
    case .http:
      if path.isEmpty { return .value("body.trim()", .text) }
      guard let star = path.firstRange(of: "[*]") else { return .value(try json(path).source, .dynamic) }
      let (list, member) = (try json(String(path[..<star.lowerBound])), String(path[star.upperBound...]))
      guard !member.contains("[*]"), let tail = JSONPath("$" + member, root: "i"), !tail.isMany else {
        throw Loss(message: "has a wildcard in a wildcard")
      }
      return .every(list: list.source, member: tail.source)
    case .socket where path.isEmpty: return .value("received.trim()", .text)
    case .grpc where path == ".status": return .value("serving", .text)
    case .dns(let type) where path.isEmpty: return .every(list: "answers", member: try record(type))
    case .socket, .grpc, .dns, .icmp:
      throw Loss(message: "has [BODY]\(path), which this kind of check does not give")
    }
  }

  /// What Gatus takes of a record.
  private func record(_ type: String) throws(Loss) -> String {
    switch type {
    case "A", "AAAA", "CNAME", "NS", "PTR": return "i.data"
    case "MX": return "i.data.substring(i.data.indexOf(\" \") + 1)"
    case "TXT": return "i.data.replace(\"\\\"\", \"\")"
    default: throw Loss(message: "compares a record of type \(type), whose parts Gatus joins in its own way")
    }
  }

  private func json(_ path: String) throws(Loss) -> JSONPath {
    let rooted = path.isEmpty || path.hasPrefix(".") || path.hasPrefix("[") ? "$" + path : "$." + path
    guard let json = JSONPath(rooted), !json.isMany else {
      throw Loss(message: "has the path '\(path)', which is no path")
    }
    return json
  }

  private func variable(_ path: String) throws(Loss) -> String {
    let parts = path.split(separator: ".").map(String.init)
    guard let first = parts.first, let name = context[first] else {
      throw Loss(message: "has [CONTEXT]\(path), which no step stores and no context gives")
    }
    return CELText.variable(name) + parts.dropFirst().map(CELText.member).joined()
  }

  private func presence(_ inner: String) throws(Loss) -> String {
    let name = inner.uppercased()
    if name.hasPrefix("[BODY]"), inner.count > 6, case .http = facts {
      return try json(String(inner.dropFirst(6))).guardedExistence
    }
    if name.hasPrefix("[HEADER].") { return "\(CELText.quoted(inner.dropFirst(9).lowercased())) in headers" }
    if name.hasPrefix("[CONTEXT].") { return "has(vars.\(try variable(String(inner.dropFirst(9)))))" }
    guard case .value(let source, let kind)? = try placeholder(inner), kind == .text else {
      throw Loss(message: "asks whether there is '\(inner)'")
    }
    return "\(source) != \"\""
  }

  private func sized(_ inner: String) throws(Loss) -> String {
    if inner.uppercased() == "[BODY]", case .http = facts { return "json" }
    guard case .value(let source, let kind)? = try placeholder(inner), kind == .dynamic || kind == .text else {
      throw Loss(message: "asks for the length of '\(inner)'")
    }
    return source
  }

  private func timed(_ inner: String) throws(Loss) -> String {
    guard !inner.contains(","), inner.uppercased().hasPrefix("[BODY]"),
      case .value(let source, .dynamic)? = try placeholder(inner)
    else { throw Loss(message: "reads a time that is not in the form of RFC 3339") }
    return source
  }

  // MARK: Comparing

  private func compare(_ left: String, _ operation: String, _ right: String) throws(Loss) -> Outcome {
    var (left, operation, right) = (try operand(left), operation, try operand(right))
    // What is asked about stands on the left.
    if case .literal = left { (left, right, operation) = (right, left, Self.turned(operation)) }
    if case .glob = left { (left, right) = (right, left) }
    if case .any = left { (left, right) = (right, left) }
    switch left {
    case .connected:
      guard case .literal(let word) = right, (word == "true") == (operation == "==") else {
        throw Loss(message: "wants no connection, which no check of Curlew can want")
      }
      return .implied
    case .has(let presence):
      guard case .literal(let word) = right, ["true", "false"].contains(word), ["==", "!="].contains(operation) else {
        throw Loss(message: "compares has() with something else than true and false")
      }
      let holds = (word == "true") == (operation == "==")
      return .expression(holds ? presence : "!(\(presence))")
    case .every(let list, let member):
      let isDNS = list == "answers"
      let condition = try compare(member, isDNS ? .text : .dynamic, operation, right)
      // Gatus looks at the last record alone; which that is changes from answer to answer.
      if isDNS, operation == "==" { return .expression("\(list).exists(i, \(condition))") }
      return .expression("size(\(list)) > 0 && \(list).all(i, \(condition))")
    case .value(let source, let kind): return .expression(try compare(source, kind, operation, right))
    case .literal, .glob, .any: throw Loss(message: "compares texts that never change")
    }
  }

  private func compare(_ source: String, _ kind: Kind, _ operation: String, _ right: Operand) throws(Loss) -> String {
    switch right {
    case .literal(let literal):
      return
        "\(source) \(operation) \(try value(literal, kind, isOrdered: operation.first != "=" && operation != "!="))"
    case .value(let other, _): return "\(source) \(operation) \(other)"
    case .any(let options):
      var values: [String] = []
      for option in options { values.append(try value(option, kind, isOrdered: false)) }
      let list = "\(source) in [\(values.joined(separator: ", "))]"
      return operation == "!=" ? "!(\(list))" : list
    case .glob(let pattern):
      let text = kind == .text ? source : "string(\(source))"
      let match = Self.match(text, pattern, written: self.text)
      return operation == "!=" ? "!(\(match))" : match
    case .has, .connected, .every: throw Loss(message: "compares two things that cannot be compared")
    }
  }

  /// A literal beside a value of a kind.
  private func value(_ literal: String, _ kind: Kind, isOrdered: Bool) throws(Loss) -> String {
    let number = Self.integer(literal)
    switch kind {
    case .text: return text(literal).source
    case .number:
      if let number { return number }
      throw Loss(message: "compares a number with '\(literal)'")
    case .duration:
      // Numbers are milliseconds.
      if let number, let milliseconds = Int64(number) { return "duration(\"\(milliseconds)ms\")" }
      guard let duration = Units.duration(literal) else { throw Loss(message: "compares a time with '\(literal)'") }
      return "duration(\"\(Self.exact(duration))\")"
    case .dynamic:
      if let number { return number }
      if isOrdered, let duration = Units.duration(literal) { return String(duration.nanoseconds / 1_000_000) }
      if ["true", "false"].contains(literal) { return literal }
      if let float = Double(literal), float.isFinite, literal.contains(".") { return String(float) }
      // A text in JSON's quotes is the same text.
      if literal.count > 1, literal.hasPrefix("\""), literal.hasSuffix("\"") {
        return text(String(literal.dropFirst().dropLast())).source
      }
      return text(literal).source
    }
  }

  /// Seconds and milliseconds, which CEL's durations take.
  private static func exact(_ duration: Duration) -> String {
    let nanoseconds = duration.nanoseconds
    for (unit, size) in [("h", Int64(3_600_000_000_000)), ("m", 60_000_000_000), ("s", 1_000_000_000)]
    where nanoseconds % size == 0 { return "\(nanoseconds / size)\(unit)" }
    return "\(nanoseconds / 1_000_000)ms"
  }

  private static func integer(_ text: String) -> String? {
    Int64(text).map { String($0) }
  }

  private static func turned(_ operation: String) -> String {
    ["<": ">", ">": "<", "<=": ">=", ">=": "<="][operation] ?? operation
  }

  /// A glob of Gatus: `*` is anything, `?` one character.
  private static func match(_ source: String, _ pattern: String, written: (String) -> TemplateText) -> String {
    let parts = pattern.pieces(between: "*")
    let isPlain = !pattern.contains { "?[\\".contains($0) }
    if isPlain {
      switch (parts.count, parts.first ?? "", parts.last ?? "") {
      case (1, let text, _): return "\(source) == \(written(text).source)"
      case (2, "", let end) where !end.isEmpty: return "\(source).endsWith(\(written(end).source))"
      case (2, let start, "") where !start.isEmpty: return "\(source).startsWith(\(written(start).source))"
      case (3, "", ""): return "\(source).contains(\(written(parts[1]).source))"
      default: break
      }
    }
    var expression = "^(?s:"
    for scalar in pattern.unicodeScalars {
      switch scalar {
      case "*": expression += ".*"
      case "?": expression += "."
      case ".", "+", "(", ")", "|", "^", "$", "{", "}", "\\": expression += "\\\(scalar)"
      default: expression.unicodeScalars.append(scalar)
      }
    }
    return "\(source).matches(\(CELText.pattern(expression + ")$")))"
  }
}

extension String {
  /// The pieces between a separator of several characters, compared byte by byte.
  func pieces(between separator: String) -> [String] {
    let (bytes, mark) = (Array(utf8), Array(separator.utf8))
    var parts: [String] = []
    var start = 0
    var index = 0
    while index + mark.count <= bytes.count {
      if bytes[index..<index + mark.count].elementsEqual(mark) {
        parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
        index += mark.count
        start = index
      } else {
        index += 1
      }
    }
    parts.append(String(decoding: bytes[start...], as: UTF8.self))
    return parts
  }
}
