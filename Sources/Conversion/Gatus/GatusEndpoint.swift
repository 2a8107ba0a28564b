import Documents
import Model

/// An endpoint of Gatus: the scheme of its URL says what it is.
struct GatusEndpoint {
  /// What Gatus waits for, unless it is told otherwise.
  private static let usualTimeout = Duration.seconds(10)
  private static let usualInterval = Duration.seconds(60)

  private let node: YAMLNode
  private let thresholds: GatusAlerts
  /// Names in the context of a suite, and as which the journey knows them.
  private let context: [String: String]

  init(_ node: YAMLNode, thresholds: GatusAlerts = GatusAlerts(nil), context: [String: String] = [:]) {
    self.node = node
    self.thresholds = thresholds
    self.context = context
  }

  var name: String { node.text("name") ?? "endpoint" }
  private var url: String { node.text("url") ?? "" }
  private var client: YAMLNode? { node.entry(named: "client")?.value }
  var timeout: Duration { client?.duration("timeout") ?? Self.usualTimeout }

  /// `tcp://host:port` as its two parts.
  private var parts: (scheme: String, rest: String) {
    guard let mark = url.firstRange(of: "://") else { return ("", url) }
    return (url[..<mark.lowerBound].lowercased(), String(url[mark.upperBound...]))
  }

  // MARK: Checks

  func addCheck(to draft: inout ScenarioDraft) {
    let group = node.text("group")
    var check = CheckDraft(id: draft.ids.checkID(CheckNames.gatus(group: group, name: name)))
    guard let probe = probe(on: &check, draft: &draft) else {
      // Nothing of it is left but the comment, which the file as a whole then bears.
      for comment in check.comments { draft.remark(comment) }
      return
    }
    var entries = GatusConverter.identity(node, name: name, group: group)
    let labels = node.fields("extra-labels").filter { !$0.name.isEmpty }
    if !labels.isEmpty {
      entries.append(
        .entry("labels", .map(labels.map { .entry(Self.label($0.name), .text(TemplateText($0.value))) })))
    }
    let interval = max(node.duration("interval") ?? Self.usualInterval, .seconds(1))
    entries.append(.entry("every", .plain(Units.text(of: interval))))
    if timeout > interval {
      draft.note(
        "the timeout of '\(name)' is longer than its interval, and becomes \(Units.text(of: interval))",
        line: node.line,
        on: &check)
    }
    entries.append(.entry("timeout", .plain(Units.text(of: min(timeout, interval)))))
    entries += thresholds.policy(of: node)
    entries.append(probe)
    check.entries = entries
    draft.checks.append(check)
    GatusMaintenance.add(windows: node, check: check.id, to: &draft)
  }

  /// A label's name, as Prometheus and so Curlew takes it.
  private static func label(_ name: String) -> String {
    let text = String(
      name.unicodeScalars.map {
        $0.isASCII && (UInt8($0.value).isLetter || UInt8($0.value).isDigit) ? Character($0) : "_"
      })
    let isTaken = ["check", "name", "group", "kind"].contains(text)
    return isTaken || text.first?.isNumber == true || text.hasPrefix("__") ? "exported_\(text)" : text
  }

  /// The probe with what it expects; nil where there is none of the kind, which is noted.
  func probe(on check: inout CheckDraft, draft: inout ScenarioDraft) -> Tree.Entry? {
    noteLeft(on: &check, draft: &draft)
    if let dns = node.entry(named: "dns")?.value { return self.dns(dns, on: &check, draft: &draft) }
    let (scheme, rest) = parts
    switch scheme {
    case "http", "https": return http(on: &check, draft: &draft)
    case "tcp", "udp": return socket(scheme, rest, on: &check, draft: &draft)
    case "tls": return tls(rest, startTLS: nil, on: &check, draft: &draft)
    case "starttls": return tls(rest, startTLS: "smtp", on: &check, draft: &draft)
    case "icmp":
      let expect = expectations(.icmp, standing: [], on: &check, draft: &draft)
      return .entry("icmp", .map([.entry("target", .text(text(rest, &draft)))] + family + expect))
    case "ws", "wss": return webSocket(on: &check, draft: &draft)
    case "grpc", "grpcs": return grpc(rest, isSecure: scheme == "grpcs", on: &check, draft: &draft)
    case "ssh": return ssh(rest, on: &check, draft: &draft)
    default:
      draft.note(
        "'\(name)' is left out: there is no check of \(scheme.isEmpty ? "'\(url)'" : scheme)", line: node.line,
        on: &check)
      return nil
    }
  }

  // MARK: HTTP

  private func http(on check: inout CheckDraft, draft: inout ScenarioDraft) -> Tree.Entry {
    var request = RequestDraft()
    var step = StepDraft(name: name)
    request.method = node.text("method")?.uppercased()
    request.url = text(url, &draft)
    for (name, value) in node.fields("headers") {
      HeaderRules.add(name, text(value, &draft), to: &request, line: node.line, draft: &draft, step: &step)
    }
    if let body = node.text("body") {
      let body = self.body(body, &draft)
      if node.flag("graphql") == true {
        request.body = .graphql(query: body, variables: nil, operation: nil)
      } else {
        request.body = BodyRules.body(body, type: request.header("content-type")?.literals ?? "") { name, value in
          SensitiveNames.contains(name)
            ? draft.protect(TemplateText(value), named: name, line: node.line) : TemplateText(value)
        }
      }
      if request.method == nil { request.method = "GET" }
    }
    takeClient(into: &request, on: &check, draft: &draft)
    check.comments += step.comments
    let conditions = expressions(.http, on: &check, draft: &draft)
    // Gatus asks nothing of a status that no condition names.
    return .entry("http", request.tree(expect: conditions.isEmpty ? ["status > 0"] : conditions))
  }

  private func takeClient(into request: inout RequestDraft, on check: inout CheckDraft, draft: inout ScenarioDraft) {
    guard let client else { return }
    if client.flag("insecure") == true { request.tls.append(.entry("verify", .plain("false"))) }
    if client.flag("ignore-redirect") == true { request.followRedirects = .plain("false") }
    if let proxy = client.text("proxy-url") { request.proxy = text(proxy, &draft) }
    if let oauth = client.entry(named: "oauth2")?.value, let url = oauth.text("token-url") {
      let secret = draft.protect(
        text(oauth.text("client-secret") ?? "", &draft), named: "client_secret", line: oauth.line)
      request.auth = .map([
        .entry(
          "oauth2",
          .map([
            .entry("token_url", .text(text(url, &draft))),
            .entry("client_id", .text(text(oauth.text("client-id") ?? "", &draft))),
            .entry("client_secret", .text(secret)),
            .entry("scopes", .list(oauth.items("scopes").compactMap { $0.scalarText.map { .text(TemplateText($0)) } })),
          ]))
      ])
    }
    if let tls = client.entry(named: "tls")?.value {
      for (key, name) in [("certificate-file", "cert"), ("private-key-file", "key")] {
        guard let path = tls.text(key) else { continue }
        request.tls.append(.entry(name, .text(TemplateText(path))))
        draft.note(BodyRules.fileAdvice(path), line: tls.line, on: &check, isLoss: false)
      }
    }
  }

  // MARK: Others

  private func dns(_ dns: YAMLNode, on check: inout CheckDraft, draft: inout ScenarioDraft) -> Tree.Entry {
    let type = dns.text("query-type")?.uppercased() ?? "A"
    let (scheme, server) = parts
    var entries: [Tree.Entry] = [.entry("name", .text(text(dns.text("query-name") ?? "", &draft)))]
    if type != "A" { entries.append(.entry("type", .text(TemplateText(type)))) }
    entries.append(.entry("server", .text(text(server, &draft))))
    if scheme == "tcp" || scheme == "tls" { entries.append(.entry("transport", .text(TemplateText(scheme)))) }
    // Gatus is content with any answer that no condition speaks of.
    return .entry(
      "dns",
      .map(entries + expectations(.dns(type: type), standing: ["rcode != \"\""], on: &check, draft: &draft)))
  }

  private func socket(
    _ scheme: String, _ target: String, on check: inout CheckDraft, draft: inout ScenarioDraft
  ) -> Tree.Entry {
    var entries: [Tree.Entry] = [.entry("target", .text(text(target, &draft)))]
    if let body = node.text("body"), !body.isEmpty {
      entries.append(.entry("send", .text(self.body(body, &draft))))
      entries.append(.entry("receive", .map([.entry("pattern", .text(TemplateText("(?s).+")))])))
    } else if scheme == "udp" {
      draft.note(
        "'\(name)' sends nothing, and Gatus takes that for success; write what to `send`, and what to `receive`",
        line: node.line, on: &check)
      entries.append(.entry("send", .text(TemplateText("\n"))))
    }
    return .entry(scheme, .map(entries + family + expectations(.socket, standing: [], on: &check, draft: &draft)))
  }

  private func tls(
    _ target: String, startTLS: String?, on check: inout CheckDraft, draft: inout ScenarioDraft
  ) -> Tree.Entry {
    var entries: [Tree.Entry] = [.entry("target", .text(text(target, &draft)))]
    if let startTLS { entries.append(.entry("starttls", .plain(startTLS))) }
    if client?.flag("insecure") == true { entries.append(.entry("tls", .map([.entry("verify", .plain("false"))]))) }
    if node.text("body") != nil {
      draft.note("the body of '\(name)' is not sent: a tls check shakes hands and no more", line: node.line, on: &check)
    }
    return .entry("tls", .map(entries + expectations(.socket, standing: [], on: &check, draft: &draft)))
  }

  private func webSocket(on check: inout CheckDraft, draft: inout ScenarioDraft) -> Tree.Entry {
    var entries: [Tree.Entry] = [.entry("url", .text(text(url, &draft)))]
    let headers = node.fields("headers")
    if !headers.isEmpty {
      entries.append(
        .entry(
          "headers",
          .map(
            headers.map { name, value in
              let text = text(value, &draft)
              let isSecret = SensitiveNames.contains(name)
              return .entry(name, .text(isSecret ? draft.protect(text, named: name, line: node.line) : text))
            })))
    }
    if let body = node.text("body"), !body.isEmpty {
      entries.append(
        .entry(
          "dialogue",
          .list([
            .map([.entry("send", .text(self.body(body, &draft)))]),
            .map([.entry("expect", .text(TemplateText("(?s).*")))]),
          ])))
    }
    if client?.flag("insecure") == true { entries.append(.entry("tls", .map([.entry("verify", .plain("false"))]))) }
    return .entry("websocket", .map(entries + expectations(.socket, standing: [], on: &check, draft: &draft)))
  }

  private func grpc(
    _ target: String, isSecure: Bool, on check: inout CheckDraft, draft: inout ScenarioDraft
  ) -> Tree.Entry {
    var entries: [Tree.Entry] = [.entry("target", .text(text(target, &draft)))]
    if isSecure {
      entries.append(
        .entry("tls", client?.flag("insecure") == true ? .map([.entry("verify", .plain("false"))]) : .plain("true")))
    }
    return .entry("grpc", .map(entries + expectations(.grpc, standing: [], on: &check, draft: &draft)))
  }

  /// A login is not made, but whether there is a server can be seen.
  private func ssh(_ rest: String, on check: inout CheckDraft, draft: inout ScenarioDraft) -> Tree.Entry {
    if node.entry(named: "ssh") != nil || node.text("body") != nil {
      draft.note(
        "'\(name)' logs in over SSH, which Curlew does not: whether a server answers is checked. An exec check with ssh "
          + "does the rest", line: node.line, on: &check)
    }
    for condition in node.items("conditions") where condition.scalarText?.uppercased().contains("[CONNECTED]") != true {
      draft.note("the condition '\(condition.scalarText ?? "")' is not carried over", line: condition.line, on: &check)
    }
    let target = rest.contains(":") ? rest : "\(rest):22"
    return .entry(
      "tcp",
      .map([
        .entry("target", .text(text(target, &draft))),
        .entry("receive", .map([.entry("pattern", .text(TemplateText("^SSH-")))])),
      ]))
  }

  private var family: [Tree.Entry] {
    switch client?.text("network") {
    case "ip4": [.entry("ip", .plain("4"))]
    case "ip6": [.entry("ip", .plain("6"))]
    default: []
    }
  }

  // MARK: Conditions

  private func expectations(
    _ facts: GatusCondition.Facts, standing: [String], on check: inout CheckDraft, draft: inout ScenarioDraft
  ) -> [Tree.Entry] {
    let found = expressions(facts, on: &check, draft: &draft)
    let all = found.isEmpty ? standing : found
    return all.isEmpty ? [] : [.entry("expect", .expressions(all))]
  }

  private func expressions(
    _ facts: GatusCondition.Facts, on check: inout CheckDraft, draft: inout ScenarioDraft
  ) -> [String] {
    var expressions: [String] = []
    for item in node.items("conditions") {
      guard let written = item.scalarText else { continue }
      var secrets = draft
      let condition = GatusCondition(facts: facts, context: context) { GatusText.template($0, draft: &secrets) }
      defer { draft.adoptSecrets(of: secrets) }
      do throws(GatusCondition.Loss) {
        if case .expression(let source) = try condition.converted(written) { expressions.append(source) }
      } catch {
        draft.note("the condition '\(written)' is not carried over: it \(error.message)", line: item.line, on: &check)
      }
    }
    return expressions
  }

  /// Text with variables of the environment and of the suite.
  private func text(_ written: String, _ draft: inout ScenarioDraft) -> TemplateText {
    GatusText.template(written, draft: &draft).mapLiterals(inContext)
  }

  /// `[CONTEXT].name` wherever it stands.
  private func inContext(_ literal: String) -> TemplateText {
    let pieces = literal.pieces(between: "[CONTEXT].")
    var result = TemplateText(pieces[0])
    for piece in pieces.dropFirst() {
      let path = piece.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." || $0 == "-" }
      let parts = path.split(separator: ".").map(String.init)
      if let first = parts.first, let name = context[first] {
        result.append(
          expression: CELText.variable(name) + parts.dropFirst().map(CELText.member).joined())
      } else {
        result.append("[CONTEXT].\(path)")
      }
      result.append(String(piece.dropFirst(path.count)))
    }
    return result
  }

  /// A body, in which Gatus puts the endpoint's own names and random texts.
  private func body(_ written: String, _ draft: inout ScenarioDraft) -> TemplateText {
    var text = text(written, &draft)
    for (mark, value) in [
      ("[ENDPOINT_NAME]", name), ("[ENDPOINT_GROUP]", node.text("group") ?? ""), ("[ENDPOINT_URL]", url),
    ] {
      text = text.mapLiterals { literal in
        literal.pieces(between: mark).enumerated().reduce(into: TemplateText()) { result, piece in
          if piece.offset > 0 { result.append(value) }
          result.append(piece.element)
        }
      }
    }
    return text.mapLiterals { literal in
      literal.pieces(between: "[RANDOM_STRING_").enumerated().reduce(into: TemplateText()) { result, piece in
        guard piece.offset > 0, let end = piece.element.firstIndex(of: "]") else { return result.append(piece.element) }
        result.append(expression: "uuid()")
        result.append(String(piece.element[piece.element.index(after: end)...]))
      }
    }
  }

  // MARK: What is left

  private func noteLeft(on check: inout CheckDraft, draft: inout ScenarioDraft) {
    for key in ["dns-resolver", "identity-aware-proxy", "tunnel", "store-cookies"] {
      guard let entry = client?.entry(named: key) else { continue }
      let advice =
        switch key {
        case "dns-resolver": "name servers are said by `resolver` of the service file"
        case "tunnel": "there are no SSH tunnels"
        case "store-cookies": "steps of a journey share cookies, checks never do"
        default: "there is no such login; a bearer token may do"
        }
      draft.note("client.\(key) of '\(name)' is not carried over: \(advice)", line: entry.key.line, on: &check)
    }
    if case .mapping(let entries)? = node.entry(named: "ui")?.value.content, !entries.isEmpty {
      draft.note(
        "ui.\(entries.map(\.name).joined(separator: ", ui.")) of '\(name)' is not carried over", line: node.line,
        on: &check)
    }
  }
}
