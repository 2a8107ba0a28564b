/// One request as a step will make it.
struct RequestDraft: Sendable {
  var method: String?
  var url = TemplateText()
  var query: [(name: String, value: TemplateText)] = []
  private(set) var headers: [(name: String, value: TemplateText)] = []
  var cookies: [(name: String, value: TemplateText)] = []
  var body = BodyDraft.none
  var auth: Tree?
  var followRedirects: Tree?
  var httpVersion: String?
  var ip: String?
  var address: TemplateText?
  var proxy: TemplateText?
  var isCompressed: Bool?
  var tls: [Tree.Entry] = []

  /// Whether the body is sent as a type of its own, so that no header needs to say it.
  private var impliedType: String? {
    switch body {
    case .json, .graphql: "application/json"
    case .form: "application/x-www-form-urlencoded"
    case .multipart: "multipart/form-data"
    case .none, .text, .file: nil
    }
  }

  /// The value of a header, whatever its case.
  func header(_ name: String) -> TemplateText? {
    headers.last { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// Adds a header.
  /// - Returns: whether it may be sent at all: no other characters than a token's in the name (RFC 9110 section 5.1), no
  ///   line ends in the value.
  mutating func addHeader(_ name: String, _ value: TemplateText) -> Bool {
    guard Self.isToken(name), !value.literals.utf8.contains(where: { ($0 < 0x20 && $0 != 9) || $0 == 0x7F }) else {
      return false
    }
    headers.append((name, value))
    return true
  }

  mutating func removeHeader(_ name: String) {
    headers.removeAll { $0.name.lowercased() == name.lowercased() }
  }

  static func isToken(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "!#$%&'*+-.^_`|~".utf8.contains($0) }
  }

  /// The `http` probe.
  func tree(expect: [String] = [], until: [String] = []) -> Tree {
    var entries: [Tree.Entry] = []
    let usual = body.isNone ? "GET" : "POST"
    if let method, method != usual { entries.append(.entry("method", .text(TemplateText(method)))) }
    entries.append(.entry("url", .text(url)))
    if !query.isEmpty, let fields = Tree.fields(query) { entries.append(.entry("query", fields)) }
    let headers = headers.filter { $0.name.lowercased() != "content-type" || !isImplied($0.value) }
    if !headers.isEmpty { entries.append(.entry("headers", Self.grouped(headers))) }
    if !cookies.isEmpty { entries.append(.entry("cookies", Self.grouped(cookies))) }
    if let auth { entries.append(.entry("auth", auth)) }
    if let body = body.entry { entries.append(body) }
    if let followRedirects { entries.append(.entry("follow_redirects", followRedirects)) }
    if let httpVersion { entries.append(.entry("http_version", .text(TemplateText(httpVersion)))) }
    if let ip { entries.append(.entry("ip", .plain(ip))) }
    if let address { entries.append(.entry("address", .text(address))) }
    if let proxy { entries.append(.entry("proxy", .text(proxy))) }
    if let isCompressed { entries.append(.entry("compressed", .plain(String(isCompressed)))) }
    if !tls.isEmpty { entries.append(.entry("tls", .map(tls))) }
    if !until.isEmpty { entries.append(.entry("until", .expressions(until))) }
    if !expect.isEmpty { entries.append(.entry("expect", .expressions(expect))) }
    return .map(entries)
  }

  private func isImplied(_ type: TemplateText) -> Bool {
    guard let implied = impliedType, let written = type.literal else { return false }
    let essence = written.lowercased().split(separator: ";").first.map(String.init) ?? ""
    if implied == "multipart/form-data" { return essence == implied }
    return written.lowercased() == implied || written.lowercased() == "\(implied); charset=utf-8"
      || written.lowercased() == "\(implied);charset=utf-8"
  }

  /// Fields by name, several of one name as a list; header names are the same in any case.
  private static func grouped(_ fields: [(name: String, value: TemplateText)]) -> Tree {
    var entries: [(name: String, values: [Tree])] = []
    for field in fields {
      if let index = entries.firstIndex(where: { $0.name.lowercased() == field.name.lowercased() }) {
        entries[index].values.append(.text(field.value))
      } else {
        entries.append((field.name, [.text(field.value)]))
      }
    }
    return .map(entries.map { .entry($0.name, $0.values.count == 1 ? $0.values[0] : .list($0.values)) })
  }
}

/// What a request carries.
enum BodyDraft: Sendable {
  case none
  case text(TemplateText)
  case json(Tree)
  case form([(name: String, value: TemplateText)])
  case multipart([Tree.Entry])
  case graphql(query: TemplateText, variables: Tree?, operation: String?)
  case file(TemplateText)

  var isNone: Bool { if case .none = self { true } else { false } }

  fileprivate var entry: Tree.Entry? {
    switch self {
    case .none: return nil
    case .text(let text): return .entry("body", .text(text))
    case .json(let tree): return .entry("json", tree)
    case .form(let fields): return Tree.fields(fields).map { .entry("form", $0) }
    case .multipart(let parts): return .entry("multipart", .map(parts))
    case .file(let path): return .entry("file", .text(path))
    case .graphql(let query, let variables, let operation):
      var entries: [Tree.Entry] = [.entry("query", .text(query))]
      if let variables { entries.append(.entry("variables", variables)) }
      if let operation { entries.append(.entry("operation", .text(TemplateText(operation)))) }
      return .entry("graphql", .map(entries))
    }
  }
}
