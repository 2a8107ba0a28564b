/// One transfer of a curl command as a step.
struct CurlRequest {
  let source: SourceText
  /// Names that steps of the command have already.
  private(set) var names: Names
  /// Host and path, to name the check by.
  private(set) var target = ""

  private var request = RequestDraft()
  private var step = StepDraft(name: "")
  private var data = CurlData()
  private var follows = false
  private var sendsDataInQuery = false
  private var isDigest = false
  private var user: CurlOption?

  init(source: SourceText, names: Names) {
    self.source = source
    self.names = names
  }

  /// The step for one URL.
  mutating func step(
    for url: ShellWord, _ options: [CurlOption], into draft: inout ScenarioDraft
  ) throws(ConversionFailure) -> StepDraft {
    let parts = try parts(of: url)
    // Whether a URL's braces are patterns is said by an option that may stand after it.
    if !options.contains(where: { $0.name == "globoff" }),
      url.text.literals.utf8.contains(where: { "{[".utf8.contains($0) }),
      !parts.authority.hasPrefix("[")
    {
      draft.note(
        "the URL's pattern is taken as it is, not expanded: write one URL for each", line: source.line(of: url.offset),
        on: &step)
    }
    for option in options { try apply(option, parts, &draft) }
    try data.finish(&request, inQuery: sendsDataInQuery, source: source, draft: &draft, step: &step)
    setURL(url.text, parts, at: url.offset, &draft)
    if let user { setUser(user, &draft) }
    // curl follows no redirect unless it is told to; a check follows ten.
    if !follows { request.followRedirects = .plain("false") }
    let method = request.method ?? (request.body.isNone ? "GET" : "POST")
    step.name = names.step(method: method, path: parts.path)
    target = "\(parts.host) \(parts.path)"
    step.request = request
    return step
  }

  private func parts(of url: ShellWord) throws(ConversionFailure) -> URLParts {
    let written = url.text.pieces.map { piece in
      if case .literal(let text) = piece { text } else { "x" }
    }.joined()
    // A scheme that is missing is http (curl(1), "URL"); a URL that begins with a variable may bring its own.
    let isComplete = written.contains("://") || url.text.leadingLiteral.isEmpty
    guard let parts = URLParts(isComplete && written.contains("://") ? written : "http://\(written)") else {
      throw source.failure("only http and https URLs can be converted, not '\(written.prefix(80))'", at: url.offset)
    }
    return parts
  }

  private mutating func setURL(_ text: TemplateText, _ parts: URLParts, at offset: Int, _ draft: inout ScenarioDraft) {
    let line = source.line(of: offset)
    if let literal = text.literal {
      if let userInfo = parts.userInfo {
        let pair = userInfo.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
          .map { PercentCoding.decode($0.utf8.map { $0 == UInt8(ascii: "+") ? 0x2B : $0 }) ?? String($0) }
        if user == nil {
          let value = TemplateText(pair.joined(separator: ":"))
          user = CurlOption(name: "user", value: value, offset: offset)
        }
      }
      _ = literal
      request.url = TemplateText(parts.origin + parts.path)
      for (index, field) in (parts.query ?? "").split(separator: "&", omittingEmptySubsequences: false).enumerated()
      where parts.query != nil {
        request.url.append(index == 0 ? "?" : "&")
        appendQuery(String(field), line: line, &draft)
      }
    } else {
      var url = TemplateText()
      if !text.literals.contains("://"), !text.leadingLiteral.isEmpty { url.append("http://") }
      url.append(text)
      request.url = url
    }
    if let query = data.query {
      request.url.append(request.url.literals.contains("?") ? "&" : "?")
      request.url.append(query)
    }
  }

  /// A parameter of the URL, whose value may be a secret by its name.
  private mutating func appendQuery(_ field: String, line: Int, _ draft: inout ScenarioDraft) {
    let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, SensitiveNames.contains(String(parts[0])) else { return request.url.append(field) }
    request.url.append("\(parts[0])=")
    request.url.append(draft.protect(TemplateText(String(parts[1])), named: String(parts[0]), line: line))
  }

  private mutating func setUser(_ option: CurlOption, _ draft: inout ScenarioDraft) {
    let line = source.line(of: option.offset)
    let pair = option.value.cut(at: ":")
    if pair == nil {
      draft.note("curl would ask for the password of --user: put it into a secret", line: line, on: &step)
    }
    let password = draft.protect(pair?.after ?? TemplateText(), named: "password", line: line)
    let credentials: Tree = .map([
      .entry("username", .text(pair?.before ?? option.value)), .entry("password", .text(password)),
    ])
    request.auth = .map([.entry(isDigest ? "digest" : "basic", credentials)])
  }

  private mutating func apply(
    _ option: CurlOption, _ parts: URLParts, _ draft: inout ScenarioDraft
  ) throws(ConversionFailure) {
    let line = source.line(of: option.offset)
    let value = option.value
    switch option.name {
    case "request": request.method = value.literals
    case "get": sendsDataInQuery = true
    case "head": request.method = "HEAD"
    case "header": setHeader(value, line: line, &draft)
    case "user-agent": add("User-Agent", value, line: line, &draft)
    case "referer":
      let text = value.literal.map { $0.hasSuffix(";auto") ? String($0.dropLast(5)) : $0 }
      let referer = text.map { TemplateText($0) } ?? value
      if !referer.isEmpty { add("Referer", referer, line: line, &draft) }
    case "range": add("Range", TemplateText("bytes=") + value, line: line, &draft)
    case "cookie": setCookies(value, line: line, &draft)
    case "oauth2-bearer":
      request.auth = .map([.entry("bearer", .text(draft.protect(value, named: "token", line: line)))])
    case "user": user = option
    case "digest": isDigest = true
    case "basic": isDigest = false
    case "data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json", "form", "form-string",
      "upload-file", "url-query":
      data.add(option)
      if option.name == "upload-file" { request.method = request.method ?? "PUT" }
    case "location": follows = true
    case "location-trusted":
      follows = true
      draft.note("--location-trusted is --location here: credentials never go to another origin", line: line, on: &step)
    case "max-redirs":
      if let count = Int(value.literals), (0...50).contains(count) {
        request.followRedirects = .plain(String(count))
      } else {
        draft.note(
          "--max-redirs \(value.literals) is not carried over: follow_redirects goes to 50", line: line, on: &step)
      }
    case "max-time":
      if let timeout = Self.duration(seconds: value.literals) {
        step.timeout = timeout
      } else {
        draft.note("--max-time is not carried over: write timeout:", line: line, on: &step)
      }
    case "retry", "retry-delay": setRetry(option, line: line, &draft)
    case "fail", "fail-with-body": if !step.expect.contains("status < 400") { step.expect.append("status < 400") }
    case "compressed": request.isCompressed = nil
    case "ipv4": request.ip = "4"
    case "ipv6": request.ip = "6"
    case "http1.0":
      request.httpVersion = "1.1"
      draft.note("--http1.0 is HTTP/1.1 here", line: line, on: &step)
    case "http1.1": request.httpVersion = "1.1"
    case "http2": request.httpVersion = nil
    case "http2-prior-knowledge": request.httpVersion = "2"
    case "http3", "http3-only": request.httpVersion = "3"
    case "proxy", "proxy1.0", "socks4", "socks4a", "socks5", "socks5-hostname":
      setProxy(option, line: line, &draft)
    case "resolve", "connect-to": setAddress(option, parts, line: line, &draft)
    default: applyTLS(option, line: line, &draft)
    }
  }

  private mutating func applyTLS(_ option: CurlOption, line: Int, _ draft: inout ScenarioDraft) {
    let value = option.value
    switch option.name {
    case "insecure": setTLS("verify", .plain("false"))
    case "cacert": setTLS("ca", .text(value))
    case "cert":
      // A passphrase may follow the file's name.
      let pair = value.cut(at: ":")
      setTLS("cert", .text(pair?.before ?? value))
      if pair != nil {
        draft.note("the passphrase of --cert is not carried over: remove it from the key", line: line, on: &step)
      }
    case "key": setTLS("key", .text(value))
    case "tlsv1", "tlsv1.0": setTLS("min_version", .text("1.0"))
    case "tlsv1.1": setTLS("min_version", .text("1.1"))
    case "tlsv1.2": setTLS("min_version", .text("1.2"))
    case "tlsv1.3": setTLS("min_version", .text("1.3"))
    case "tls-max" where ["1.0", "1.1", "1.2", "1.3"].contains(value.literals): setTLS("max_version", .text(value))
    default:
      guard CurlOptions.isNoted(option.name) || option.name == "tls-max" else { return }
      draft.note(
        "--\(option.name) is not carried over: \(CurlOptions.advice(option.name))", line: line, on: &step)
    }
  }

  private mutating func setTLS(_ key: String, _ value: Tree) {
    request.tls.removeAll { $0.key == key }
    request.tls.append(.entry(key, value))
  }

  private mutating func setRetry(_ option: CurlOption, line: Int, _ draft: inout ScenarioDraft) {
    let isDelay = option.name == "retry-delay"
    guard case .map(var entries) = step.retry ?? .map([.entry("attempts", .plain("2"))]),
      let number = Int(option.value.literals), (0...900).contains(number)
    else { return draft.note("--\(option.name) is not carried over: write retry:", line: line, on: &step) }
    entries.removeAll { $0.key == (isDelay ? "delay" : "attempts") }
    let entry: Tree.Entry =
      isDelay ? .entry("delay", .plain("\(number)s")) : .entry("attempts", .plain("\(number + 1)"))
    entries.insert(entry, at: isDelay ? entries.count : 0)
    step.retry = .map(entries)
  }

  private mutating func setProxy(_ option: CurlOption, line: Int, _ draft: inout ScenarioDraft) {
    let scheme =
      switch option.name {
      case "socks4", "socks4a", "socks5": option.name
      case "socks5-hostname": "socks5h"
      default: "http"
      }
    var proxy = TemplateText(option.value.literals.contains("://") ? "" : "\(scheme)://")
    if let parts = URLParts(option.value.literal ?? ""), parts.userInfo != nil {
      proxy.append(draft.protect(option.value, named: "proxy", line: line))
    } else {
      proxy.append(option.value)
    }
    request.proxy = option.value.isEmpty ? nil : proxy
  }

  /// `--resolve HOST:PORT:ADDRESS` and `--connect-to HOST1:PORT1:HOST2:PORT2`, when they are about this URL.
  private mutating func setAddress(_ option: CurlOption, _ parts: URLParts, line: Int, _ draft: inout ScenarioDraft) {
    let fields = Self.fields(option.value.literals)
    let host = fields.first.map { $0.hasPrefix("+") ? String($0.dropFirst()) : $0 } ?? ""
    guard host == parts.host || host.isEmpty || host == "*" else { return }
    if option.name == "resolve", fields.count >= 3 {
      let address = fields[2...].joined(separator: ":").split(separator: ",").first.map(String.init) ?? ""
      request.address = TemplateText(address.contains(":") && !address.hasPrefix("[") ? "[\(address)]" : address)
    } else if option.name == "connect-to", fields.count == 4, !fields[2].isEmpty || !fields[3].isEmpty {
      let name = fields[2].isEmpty ? parts.host : fields[2]
      request.address = TemplateText(fields[3].isEmpty ? name : "\(name):\(fields[3])")
    } else {
      draft.note("--\(option.name) is not carried over: write address:", line: line, on: &step)
    }
  }

  /// The parts between colons; those in brackets hold colons themselves.
  private static func fields(_ text: String) -> [String] {
    var fields = [""]
    var isBracketed = false
    for character in text {
      if character == "[" { isBracketed = true }
      if character == "]" { isBracketed = false }
      if character == ":", !isBracketed { fields.append("") } else { fields[fields.count - 1].append(character) }
    }
    return fields
  }

  private mutating func setHeader(_ text: TemplateText, line: Int, _ draft: inout ScenarioDraft) {
    if text.leadingLiteral.hasPrefix("@") {
      return draft.note("headers from a file are not carried over: write them out", line: line, on: &step)
    }
    guard let (name, value) = text.cut(at: ":") else {
      // `Name;` is a header without a value (curl(1), "--header").
      if let text = text.literal, text.hasSuffix(";") { add(String(text.dropLast()), "", line: line, &draft) }
      return
    }
    let trimmed = value.trimmedStart
    // `Name:` takes a header of curl's own away, of which a check sends none that matter.
    if trimmed.isEmpty { return request.removeHeader(name.literals) }
    add(name.literals, trimmed, line: line, &draft)
  }

  private mutating func add(_ name: String, _ value: TemplateText, line: Int, _ draft: inout ScenarioDraft) {
    HeaderRules.add(name, value, to: &request, line: line, draft: &draft, step: &step)
  }

  private mutating func setCookies(_ text: TemplateText, line: Int, _ draft: inout ScenarioDraft) {
    guard text.literals.contains("=") else {
      let message = "the cookie file of --cookie is not carried over: a journey has a jar of its own"
      return draft.note(message, line: line, on: &step)
    }
    HeaderRules.addCookies(text, to: &request, line: line, draft: &draft)
  }

  /// Seconds, perhaps with a fraction, as a duration.
  private static func duration(seconds text: String) -> String? {
    guard let seconds = Double(text), seconds > 0, seconds < 1e6 else { return nil }
    if seconds == seconds.rounded() { return "\(Int(seconds))s" }
    return "\(max(1, Int((seconds * 1000).rounded())))ms"
  }
}

extension TemplateText {
  static func + (left: TemplateText, right: TemplateText) -> TemplateText {
    var result = left
    result.append(right)
    return result
  }

  /// Without blanks at the start.
  var trimmedStart: TemplateText { dropFirst(leadingLiteral.utf8.prefix { $0.isBlank }.count) }
}
