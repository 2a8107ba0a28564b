import Model

/// A monitor of Uptime Kuma as a check.
struct KumaCheck {
  /// Of what only the port can be looked at, with the port it has by default.
  private static let ports: [String: Int] = [
    "mqtt": 1883, "mysql": 3306, "postgres": 5432, "sqlserver": 1433, "mongodb": 27017, "redis": 6379, "oracledb": 1521,
  ]

  private let monitor: KumaMonitor
  private let id: String
  private let group: String?
  private let proxy: KumaMonitor?

  init(_ monitor: KumaMonitor, id: String, group: String?, proxy: KumaMonitor?) {
    self.monitor = monitor
    self.id = id
    self.group = group
    self.proxy = proxy
  }

  /// - Returns: whether there is an equivalent.
  func add(to draft: inout ScenarioDraft) -> Bool {
    var check = CheckDraft(id: id)
    guard let probe = probe(on: &check, draft: &draft) else {
      draft.note("'\(monitor.name)' is left out: there is no check of the kind '\(monitor.type)'", line: monitor.line)
      return false
    }
    var entries: [Tree.Entry] = [.entry("name", .text(TemplateText(monitor.name)))]
    if let group { entries.append(.entry("group", .text(TemplateText(group)))) }
    if !monitor.isActive { entries.append(.entry("enabled", .plain("false"))) }
    let labels = labels
    if !labels.isEmpty { entries.append(.entry("labels", .map(labels))) }
    entries.append(.entry("every", .plain(Units.text(of: .seconds(monitor.seconds)))))
    if monitor.type != "push" {
      entries.append(.entry("timeout", .plain(Units.text(of: timeout))))
    }
    // Kuma tells of a failure after its retries, and of recovery at once.
    let retries = min(999, max(0, monitor.int("maxretries") ?? 0))
    entries += [.entry("open_after", .plain(String(retries + 1))), .entry("close_after", .plain("1"))]
    entries.append(probe)
    if retries > 0, let pause = monitor.int("retryInterval"), pause != monitor.seconds, pause > 0 {
      draft.note(
        "'\(monitor.name)' was tried again after \(pause) s when it failed; here it always runs every \(monitor.seconds) s, "
          + "so that failures weigh no more than successes", line: monitor.line, on: &check, isLoss: false)
    }
    if monitor.flag("upsideDown") {
      draft.note(
        "'\(monitor.name)' is upside down: it is good when it fails, which no check of Curlew is; write what to `expect`",
        line: monitor.line, on: &check)
    }
    check.entries = entries
    draft.checks.append(check)
    return true
  }

  /// 0.8 of the interval where nothing is said.
  private var timeout: Duration {
    let interval = Duration.seconds(monitor.seconds)
    guard let seconds = monitor.text("timeout").flatMap({ Double($0) }), seconds > 0, seconds < 1e6 else {
      return interval * 4 / 5
    }
    return min(.milliseconds(Int64(seconds * 1000)), interval)
  }

  /// Tags; one name has one value here.
  private var labels: [Tree.Entry] {
    var names: Set<String> = ["check", "name", "group", "kind"]
    return monitor.list("tags").compactMap { tag in
      guard let written = tag["name"]?.text else { return nil }
      let name = CELText.name(written)
      guard names.insert(name).inserted, !name.hasPrefix("__") else { return nil }
      return .entry(name, .text(TemplateText(tag["value"]?.text ?? "")))
    }
  }

  // MARK: Probes

  private func probe(on check: inout CheckDraft, draft: inout ScenarioDraft) -> Tree.Entry? {
    switch monitor.type {
    case "http", "keyword", "json-query", "real-browser":
      return monitor.text("url") == nil ? nil : http(on: &check, draft: &draft)
    case "websocket-upgrade":
      return monitor.text("url").map { .entry("websocket", .map([.entry("url", .text(TemplateText($0)))])) }
    case "port": return monitor.endpoint().map { .entry("tcp", .map([.entry("target", .text(TemplateText($0)))])) }
    case "ping", "tailscale-ping": return ping
    case "dns": return dns(on: &check, draft: &draft)
    case "smtp": return smtp
    case "push": return push(on: &check, draft: &draft)
    case "grpc-keyword": return port(monitor.text("grpcUrl"), on: &check, draft: &draft)
    default:
      guard let port = Self.ports[monitor.type] else { return nil }
      return self.port(
        monitor.connection(defaultPort: port) ?? monitor.endpoint(defaultPort: port).map(Self.withoutScheme),
        on: &check, draft: &draft)
    }
  }

  private static func withoutScheme(_ text: String) -> String {
    text.firstRange(of: "://").map { String(text[$0.upperBound...]) } ?? text
  }

  /// What is spoken there Curlew does not speak, but that somebody listens can be seen.
  private func port(_ target: String?, on check: inout CheckDraft, draft: inout ScenarioDraft) -> Tree.Entry? {
    guard let target else { return nil }
    draft.note(
      "of '\(monitor.name)' (\(monitor.type)) only whether its port answers is carried over; a module or an exec check can "
        + "do more", line: monitor.line, on: &check)
    return .entry("tcp", .map([.entry("target", .text(TemplateText(target)))]))
  }

  private var ping: Tree.Entry? {
    guard let host = monitor.text("hostname") else { return nil }
    var entries: [Tree.Entry] = [.entry("target", .text(TemplateText(host)))]
    if let count = monitor.int("ping_count"), count > 1 {
      entries.append(.entry("count", .plain(String(min(count, 1000)))))
    }
    if let size = monitor.int("packetSize"), size != 56, (0...65_507).contains(size) {
      entries.append(.entry("size", .plain(String(size))))
    }
    return .entry("icmp", .map(entries))
  }

  private var smtp: Tree.Entry? {
    let security = monitor.text("smtpSecurity") ?? "none"
    guard let target = monitor.endpoint(defaultPort: security == "secure" ? 465 : 25) else { return nil }
    let entries: [Tree.Entry] = [.entry("target", .text(TemplateText(target)))]
    switch security {
    case "secure": return .entry("tls", .map(entries))
    case "starttls": return .entry("tls", .map(entries + [.entry("starttls", .plain("smtp"))]))
    default:
      return .entry(
        "tcp", .map(entries + [.entry("receive", .map([.entry("pattern", .text(TemplateText("^220")))]))]))
    }
  }

  private func dns(on check: inout CheckDraft, draft: inout ScenarioDraft) -> Tree.Entry? {
    guard let name = monitor.text("hostname") else { return nil }
    var entries: [Tree.Entry] = [.entry("name", .text(TemplateText(name)))]
    if let type = monitor.text("dns_resolve_type"), type != "A" {
      entries.append(.entry("type", .text(TemplateText(type))))
    }
    if let server = monitor.text("dns_resolve_server") {
      let first = server.split(separator: ",").first.map { String($0).trimmed } ?? server
      let port = monitor.int("port") ?? 53
      let isBare = !first.contains(":") || first.hasPrefix("[")
      entries.append(.entry("server", .text(TemplateText(port == 53 || !isBare ? first : "\(first):\(port)"))))
    }
    var expect = ["rcode == \"NOERROR\"", "size(answers) > 0"]
    expect += conditions(of: "record", source: "i.data", on: &check, draft: &draft).map { "answers.exists(i, \($0))" }
    entries.append(.entry("expect", .expressions(expect)))
    return .entry("dns", .map(entries))
  }

  /// Whoever pushed to Kuma reports to a heartbeat check.
  private func push(on check: inout CheckDraft, draft: inout ScenarioDraft) -> Tree.Entry {
    var entries: [Tree.Entry] = [
      .entry("grace", .plain(Units.text(of: .seconds(min(300, max(1, monitor.seconds / 2))))))
    ]
    if let token = monitor.text("pushToken") {
      entries.append(
        .entry("token", .text(draft.protect(TemplateText(token), named: "token_\(id)", line: monitor.line))))
    }
    draft.note(
      "'\(monitor.name)' is pushed: send to POST /api/v1/heartbeats/\(id)?status=success in place of /api/push/…?status=up",
      line: monitor.line, on: &check, isLoss: false)
    return .entry("heartbeat", .map(entries))
  }

  // MARK: HTTP

  private func http(on check: inout CheckDraft, draft: inout ScenarioDraft) -> Tree.Entry {
    var request = RequestDraft()
    var step = StepDraft(name: monitor.name)
    request.url = TemplateText(monitor.text("url") ?? "")
    request.method = monitor.text("method")?.uppercased()
    if let headers = monitor.text("headers").flatMap(JSONReader.value), case .object(let members) = headers.content {
      for member in members {
        let value = TemplateText(member.value.text ?? member.value.int.map(String.init) ?? "")
        HeaderRules.add(member.key, value, to: &request, line: monitor.line, draft: &draft, step: &step)
      }
    }
    if let body = monitor.text("body") {
      let type =
        switch monitor.text("httpBodyEncoding") {
        case "form": "application/x-www-form-urlencoded"
        case "xml": "text/xml; charset=utf-8"
        default: "application/json"
        }
      request.body = BodyRules.body(TemplateText(body), type: type) { name, value in
        SensitiveNames.contains(name)
          ? draft.protect(TemplateText(value), named: name, line: monitor.line) : TemplateText(value)
      }
      if case .text = request.body, request.header("content-type") == nil {
        _ = request.addHeader("Content-Type", TemplateText(type))
      }
      if request.method == nil { request.method = "GET" }
    }
    authenticate(&request, on: &check, draft: &draft)
    if let redirects = monitor.int("maxredirects"), redirects != 10 {
      request.followRedirects = .plain(redirects <= 0 ? "false" : String(min(redirects, 100)))
    }
    switch monitor.text("ipFamily") {
    case "ipv4": request.ip = "4"
    case "ipv6": request.ip = "6"
    default: break
    }
    if monitor.flag("ignoreTls") { request.tls.append(.entry("verify", .plain("false"))) }
    if let proxy, let address = proxy.text("host") {
      let port = proxy.int("port").map { ":\($0)" } ?? ""
      request.proxy = TemplateText("\(proxy.text("protocol") ?? "http")://\(address)\(port)")
      if proxy.flag("auth") {
        draft.note("the login of the proxy of '\(monitor.name)' is not carried over", line: monitor.line, on: &check)
      }
    }
    check.comments += step.comments
    if monitor.type == "real-browser" {
      draft.note(
        "'\(monitor.name)' was opened in a browser; here its first answer alone is looked at", line: monitor.line,
        on: &check)
    }
    return .entry("http", request.tree(expect: expectations(on: &check, draft: &draft)))
  }

  private func authenticate(
    _ request: inout RequestDraft, on check: inout CheckDraft, draft: inout ScenarioDraft
  ) {
    func secret(_ key: String, _ name: String, _ draft: inout ScenarioDraft) -> TemplateText {
      draft.protect(TemplateText(monitor.text(key) ?? ""), named: name, line: monitor.line)
    }
    switch monitor.text("authMethod") ?? (monitor.text("basic_auth_user") == nil ? nil : "basic") {
    case "basic":
      request.auth = .map([
        .entry(
          "basic",
          .map([
            .entry("username", .text(TemplateText(monitor.text("basic_auth_user") ?? ""))),
            .entry("password", .text(secret("basic_auth_pass", "password", &draft))),
          ]))
      ])
    case "bearer": request.auth = .map([.entry("bearer", .text(secret("bearer_token", "token", &draft)))])
    case "oauth2-cc":
      let scopes = (monitor.text("oauth_scopes") ?? "").split(separator: " ").map {
        Tree.text(TemplateText(String($0)))
      }
      request.auth = .map([
        .entry(
          "oauth2",
          .map(
            [
              .entry("token_url", .text(TemplateText(monitor.text("oauth_token_url") ?? ""))),
              .entry("client_id", .text(TemplateText(monitor.text("oauth_client_id") ?? ""))),
              .entry("client_secret", .text(secret("oauth_client_secret", "client_secret", &draft))),
            ] + (scopes.isEmpty ? [] : [.entry("scopes", .list(scopes))])))
      ])
    case "mtls":
      for (key, name) in [("tlsCert", "cert"), ("tlsKey", "key"), ("tlsCa", "ca")] where monitor.text(key) != nil {
        if name == "ca" {
          draft.note(
            "the authority of '\(monitor.name)' is not carried over: put it into a file, and name that as tls.ca",
            line: monitor.line, on: &check)
        } else {
          request.tls.append(.entry(name, .text(secret(key, "tls_\(name)", &draft))))
        }
      }
    case "ntlm":
      draft.note("'\(monitor.name)' logs in by NTLM, which Curlew does not", line: monitor.line, on: &check)
    default: break
    }
  }

  // MARK: Expectations

  private func expectations(on check: inout CheckDraft, draft: inout ScenarioDraft) -> [String] {
    var expectations = [
      Self.statuses(monitor.list("accepted_statuscodes").compactMap { $0.text ?? $0.int.map(String.init) })
    ]
    if monitor.type == "keyword", let keyword = monitor.text("keyword") {
      let found = "body.contains(\(CELText.quoted(keyword)))"
      expectations.append(monitor.flag("invertKeyword") ? "!\(found)" : found)
    }
    if monitor.type == "json-query" {
      if let query = query {
        expectations.append(query)
      } else {
        draft.note(
          "the query '\(monitor.text("jsonPath") ?? "")' of '\(monitor.name)' is JSONata, of which only paths are carried over",
          line: monitor.line, on: &check)
      }
    }
    return expectations
  }

  /// `200-299` and `404` as one expression.
  private static func statuses(_ codes: [String]) -> String {
    let parts = (codes.isEmpty ? ["200-299"] : codes).compactMap { code -> String? in
      let ends = code.split(separator: "-").compactMap { Int($0) }
      switch ends.count {
      case 1: return "status == \(ends[0])"
      case 2: return "status >= \(ends[0]) && status <= \(ends[1])"
      default: return nil
      }
    }
    guard parts.count > 1 else { return parts.first ?? "status >= 200 && status <= 299" }
    return parts.map { $0.contains("&&") ? "(\($0))" : $0 }.joined(separator: " || ")
  }

  private var query: String? {
    let path = monitor.text("jsonPath") ?? "$"
    let rooted = path.hasPrefix("$") ? path : "$.\(path)"
    guard let json = JSONPath(rooted), !json.isMany else { return nil }
    return Self.comparison(json.source, monitor.text("jsonPathOperator") ?? "==", monitor.text("expectedValue") ?? "")
  }

  /// Kuma compares as JavaScript does: numbers where both are.
  private static func comparison(_ source: String, _ operation: String, _ expected: String) -> String? {
    let number = Int64(expected).map(String.init) ?? Double(expected).flatMap { $0.isFinite ? String($0) : nil }
    switch operation {
    case "==", "equals": return "string(\(source)) == \(CELText.quoted(expected))"
    case "!=", "not_equals": return "string(\(source)) != \(CELText.quoted(expected))"
    case ">", ">=", "<", "<=":
      return number.map { "double(\(source)) \(operation) \($0.contains(".") ? $0 : "\($0).0")" }
    case "lt": return comparison(source, "<", expected)
    case "gt": return comparison(source, ">", expected)
    case "lte": return comparison(source, "<=", expected)
    case "gte": return comparison(source, ">=", expected)
    case "contains": return "string(\(source)).contains(\(CELText.quoted(expected)))"
    case "not_contains": return "!string(\(source)).contains(\(CELText.quoted(expected)))"
    case "starts_with": return "string(\(source)).startsWith(\(CELText.quoted(expected)))"
    case "not_starts_with": return "!string(\(source)).startsWith(\(CELText.quoted(expected)))"
    case "ends_with": return "string(\(source)).endsWith(\(CELText.quoted(expected)))"
    case "not_ends_with": return "!string(\(source)).endsWith(\(CELText.quoted(expected)))"
    default: return nil
    }
  }

  /// Conditions on one variable; those joined otherwise than by `and`, and those in groups, are noted.
  private func conditions(
    of variable: String, source: String, on check: inout CheckDraft, draft: inout ScenarioDraft
  ) -> [String] {
    let list = monitor.list("conditions")
    let simple = list.compactMap { condition -> String? in
      guard condition["type"]?.text == "expression", condition["variable"]?.text == variable,
        condition["andOr"]?.text != "or"
      else { return nil }
      return Self.comparison(source, condition["operator"]?.text ?? "", condition["value"]?.text ?? "")
    }
    guard simple.count == list.count else {
      draft.note("the conditions of '\(monitor.name)' are not carried over", line: monitor.line, on: &check)
      return []
    }
    return simple
  }
}
