/// What becomes of a request's header fields, whichever format they come from.
enum HeaderRules {
  /// Fields that the exchange itself brings.
  private static let ownFields: Set<String> = ["content-length", "connection", "transfer-encoding", "expect"]

  /// Adds a header; credentials become `auth`, cookies `cookies`, and values that nobody may read secrets.
  static func add(
    _ name: String, _ value: TemplateText, to request: inout RequestDraft, line: Int, draft: inout ScenarioDraft,
    step: inout StepDraft
  ) {
    let lowered = name.lowercased()
    if ownFields.contains(lowered) { return }
    if lowered == "cookie" { return addCookies(value, to: &request, line: line, draft: &draft) }
    if lowered == "authorization", let auth = auth(value, line: line, draft: &draft) {
      request.auth = auth
      return
    }
    let isSecret = SensitiveNames.contains(name)
    let text = isSecret ? protected(value, named: name, line: line, draft: &draft) : value
    if !request.addHeader(name, text) {
      let shown = String(name.unicodeScalars.prefix(40).map { YAMLScalar.isPrintable($0) ? Character($0) : "?" })
      draft.note(
        "the header '\(shown)' is not carried over: it holds characters that no header may hold", line: line, on: &step)
    }
  }

  /// `Cookie: a=1; b=2`: cookies of this request.
  static func addCookies(_ text: TemplateText, to request: inout RequestDraft, line: Int, draft: inout ScenarioDraft) {
    for part in text.split(at: ";") {
      guard let (name, value) = part.trimmedStart.cut(at: "="), !name.isEmpty else { continue }
      let isSecret = SensitiveNames.contains(name.literals)
      request.cookies.append(
        (name.literals, isSecret ? draft.protect(value, named: name.literals, line: line) : value))
    }
  }

  /// `Authorization: Basic …` and `Bearer …` (RFC 7617, RFC 6750); nil for other schemes.
  private static func auth(_ value: TemplateText, line: Int, draft: inout ScenarioDraft) -> Tree? {
    guard let (scheme, rest) = value.cut(at: " ") else { return nil }
    let token = rest.trimmedStart
    switch scheme.literals.lowercased() {
    case "bearer": return .map([.entry("bearer", .text(draft.protect(token, named: "token", line: line)))])
    case "basic":
      guard let text = token.literal.flatMap(Base64.decode).flatMap({ String(validating: $0, as: UTF8.self) }),
        let pair = TemplateText(text).cut(at: ":")
      else { return nil }
      let password = draft.protect(pair.after, named: "password", line: line)
      return .map([
        .entry("basic", .map([.entry("username", .text(pair.before)), .entry("password", .text(password))]))
      ])
    default: return nil
    }
  }

  /// The value as a secret; of `Scheme token` only the token.
  private static func protected(
    _ value: TemplateText, named name: String, line: Int, draft: inout ScenarioDraft
  ) -> TemplateText {
    guard name.lowercased() == "authorization", let (scheme, token) = value.cut(at: " "), !token.isEmpty,
      scheme.literal != nil
    else { return draft.protect(value, named: name, line: line) }
    return scheme + " " + draft.protect(token, named: name, line: line)
  }
}
