/// The options of one entry (https://hurl.dev/docs/request.html#options).
struct HurlSettings {
  private let source: SourceText
  private var fields: [HurlField] = []
  /// Variables that the entry gives values to.
  private(set) var variables: [(name: String, value: TemplateText, offset: Int)] = []
  /// The pause before the request, as a duration.
  private(set) var delay: String?
  private var retries: Int?
  private var interval = "1s"

  /// Options about what Hurl shows and stores.
  private static let silent: Set<String> = [
    "verbose", "very-verbose", "verbosity", "compressed", "path-as-is", "output", "location-trusted",
  ]

  init(_ sections: [HurlSection], source: SourceText) {
    self.source = source
    for field in sections.filter({ $0.name == "Options" }).flatMap(\.fields) {
      let value = field.value.literals
      switch field.name.literals {
      case "variable":
        if let (name, value) = field.value.cut(at: "=") { variables.append((name.literals, value, field.offset)) }
      case "delay": delay = Self.duration(value, unit: "ms")
      case "retry": retries = Int(value)
      case "retry-interval": interval = Self.duration(value, unit: "ms") ?? interval
      default: fields.append(field)
      }
    }
  }

  /// Gives request and step what the options say.
  ///
  /// - Parameter expression: what a template becomes; nil where it cannot be said.
  func apply(
    to request: inout RequestDraft, _ step: inout StepDraft, line: Int, draft: inout ScenarioDraft,
    expression: (String) -> String?
  ) {
    var follows = false
    var maximum: Int?
    for field in fields {
      let line = source.line(of: field.offset)
      let name = field.name.literals
      let value = field.value.literals
      let isOn = value == "true"
      switch name {
      case "location": follows = isOn
      case "location-trusted" where isOn: follows = true
      case "max-redirs": maximum = Int(value)
      case "skip": step.when = Self.negation(of: field.value, expression)
      case "insecure": if isOn { request.tls.append(.entry("verify", .plain("false"))) }
      case "cacert": request.tls.append(.entry("ca", .text(field.value)))
      case "cert": request.tls.append(.entry("cert", .text(field.value)))
      case "key": request.tls.append(.entry("key", .text(field.value)))
      case "http1.1": if isOn { request.httpVersion = "1.1" }
      case "http2": if isOn { request.httpVersion = "2" }
      case "http3": if isOn { request.httpVersion = "3" }
      case "ipv4": if isOn { request.ip = "4" }
      case "ipv6": if isOn { request.ip = "6" }
      case "proxy":
        request.proxy = value.contains("://") ? field.value : TemplateText("http://") + field.value
      case "max-time": step.timeout = Self.duration(value, unit: "s")
      case "user", "digest", "header": applyCredentials(field, to: &request, &step, line: line, draft: &draft)
      case "resolve", "connect-to": setAddress(field, &request, &step, line: line, &draft)
      case _ where Self.silent.contains(name): break
      default:
        draft.note("the option '\(name)' is not carried over: \(CurlOptions.advice(name))", line: line, on: &step)
      }
    }
    // Hurl follows no redirect unless it is told to; a check follows ten.
    if !follows {
      request.followRedirects = .plain("false")
    } else if let maximum, (0...50).contains(maximum) {
      request.followRedirects = .plain(String(maximum))
    }
  }

  /// Hurl's retry repeats the request until all that is asserted holds: polling.
  func poll(_ step: inout StepDraft) {
    guard let retries, retries != 0 else { return }
    let attempts = retries < 0 ? 1000 : min(1000, retries + 1)
    step.retry = .map([.entry("attempts", .plain(String(attempts))), .entry("delay", .plain(interval))])
    step.until = step.expect
    step.expect = []
  }

  private func applyCredentials(
    _ field: HurlField, to request: inout RequestDraft, _ step: inout StepDraft, line: Int, draft: inout ScenarioDraft
  ) {
    switch field.name.literals {
    case "header":
      guard let (name, value) = field.value.cut(at: ":") else { return }
      HeaderRules.add(name.literals, value.trimmedStart, to: &request, line: line, draft: &draft, step: &step)
    case "user":
      guard let (user, password) = field.value.cut(at: ":") else { return }
      let isDigest = fields.contains { $0.name.literals == "digest" && $0.value.literals == "true" }
      let secret = draft.protect(password, named: "password", line: line)
      request.auth = .map([
        .entry(
          isDigest ? "digest" : "basic", .map([.entry("username", .text(user)), .entry("password", .text(secret))]))
      ])
    default: break
    }
  }

  private func setAddress(
    _ field: HurlField, _ request: inout RequestDraft, _ step: inout StepDraft, line: Int, _ draft: inout ScenarioDraft
  ) {
    let parts = field.value.literals.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    if field.name.literals == "resolve", parts.count == 3 {
      request.address = TemplateText(parts[2])
    } else if field.name.literals == "connect-to", parts.count == 4, !parts[2].isEmpty {
      request.address = TemplateText(parts[3].isEmpty ? parts[2] : "\(parts[2]):\(parts[3])")
    } else {
      draft.note("'\(field.name.literals)' is not carried over: write address:", line: line, on: &step)
    }
  }

  private static func negation(of value: TemplateText, _ expression: (String) -> String?) -> String? {
    if let literal = value.literal { return literal == "true" ? "false" : nil }
    // Whether the variable is a boolean or a text is not known here.
    return value.singleExpression.flatMap(expression).map { "string(\($0)) != \"true\"" }
  }

  /// A number with a unit, or with the usual one; nil for nothing.
  private static func duration(_ text: String, unit: String) -> String? {
    let digits = text.prefix { $0.isNumber && $0.isASCII }
    let written = String(text.dropFirst(digits.count))
    guard let number = Int(digits), number > 0, ["", "ms", "s", "m", "h"].contains(written) else { return nil }
    let usual = written.isEmpty ? unit : written
    return usual == "ms" && number.isMultiple(of: 1000) ? "\(number / 1000)s" : "\(number)\(usual)"
  }
}
