/// Makes the steps of a recording.
struct HARSteps {
  private let base: String
  private var steps: [StepDraft] = []
  private var values = HARValues()
  private var names = Names()

  init(base: String) {
    self.base = base
  }

  /// What a browser adds by itself, and what belongs to one connection.
  private static let browserHeaders: Set<String> = [
    "accept-encoding", "accept-language", "user-agent", "cookie", "host", "content-length", "connection", "referer",
    "cache-control", "pragma", "upgrade-insecure-requests", "dnt", "te", "priority", "if-none-match",
    "if-modified-since", "x-client-data", "keep-alive", "purpose", "range", "content-type", "save-data", "rtt",
    "downlink", "ect", "device-memory", "viewport-width", "dpr", "transfer-encoding",
  ]

  /// Adds the step of one exchange.
  ///
  /// - Parameters:
  ///   - entry: the request.
  ///   - last: where its redirects ended.
  ///   - isComplete: whether they ended in the recording.
  mutating func add(_ entry: HAREntry, last: HAREntry, isComplete: Bool, _ draft: inout ScenarioDraft) {
    var step = StepDraft(name: names.step(method: entry.method, path: entry.url.path))
    var request = RequestDraft()
    request.method = entry.method
    setURL(entry, &request, &draft)
    for header in entry.headers { add(header, of: entry, to: &request, &draft, &step) }
    setBody(entry, &request, &draft, &step)
    if !isComplete {
      request.followRedirects = .plain("false")
      step.expect = ["status == \(entry.status)"]
    } else {
      // Without the browser's cache there is no 304.
      step.expect = ["status == \(last.status == 304 ? 200 : last.status)"]
    }
    step.request = request
    let noun = step.name.split(separator: "_").last { !$0.allSatisfy(\.isNumber) }.map(String.init) ?? "value"
    if let text = (isComplete ? last : entry).responseText {
      values.learn(text, type: (isComplete ? last : entry).responseType, step: steps.count, noun: noun)
    }
    steps.append(step)
  }

  /// All steps, with the captures that later ones need.
  func finished() -> [StepDraft] {
    steps.enumerated().map { index, step in
      var step = step
      step.captures = values.captures(of: index)
      return step
    }
  }

  /// A value of a request: what an earlier answer held, a secret by its name, or itself.
  private mutating func value(_ name: String, _ text: String, line: Int, _ draft: inout ScenarioDraft) -> TemplateText {
    if let expression = values.expression(for: text) { return TemplateText(expression: expression) }
    if SensitiveNames.contains(name) { return draft.protect(TemplateText(text), named: name, line: line) }
    if text.hasPrefix(base), text.utf8.count == base.utf8.count || text.utf8.dropFirst(base.utf8.count).first == 0x2F {
      return TemplateText(expression: "base")
        + draft.replacingProtected(
          TemplateText(String(decoding: Array(text.utf8.dropFirst(base.utf8.count)), as: UTF8.self)))
    }
    return draft.replacingProtected(TemplateText(text))
  }

  private mutating func setURL(_ entry: HAREntry, _ request: inout RequestDraft, _ draft: inout ScenarioDraft) {
    var url = entry.url.origin == base ? TemplateText(expression: "base") : TemplateText(entry.url.origin)
    // Each part of the path may be a value of an earlier answer.
    for (index, part) in entry.url.path.split(separator: "/", omittingEmptySubsequences: false).enumerated() {
      if index > 0 { url.append("/") }
      guard !part.isEmpty else { continue }
      url.append(value("", String(part), line: entry.line, &draft))
    }
    if let query = entry.url.query {
      for (index, field) in query.split(separator: "&", omittingEmptySubsequences: false).enumerated() {
        url.append(index == 0 ? "?" : "&")
        let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        url.append(pair[0])
        guard pair.count > 1 else { continue }
        url.append("=")
        let decoded = PercentCoding.decode(pair[1].utf8) ?? pair[1]
        let text = value(PercentCoding.decode(pair[0].utf8) ?? pair[0], decoded, line: entry.line, &draft)
        // What is replaced has to be escaped anew; what is not stays as it was written.
        let needsEncoding = pair[1] != decoded || PercentCoding.encode(decoded) != decoded
        url.append(text.literal != nil ? TemplateText(pair[1]) : needsEncoding ? Self.encoded(text) : text)
      }
    }
    request.url = url
  }

  private static func encoded(_ text: TemplateText) -> TemplateText {
    text.pieces.reduce(into: TemplateText()) { result, piece in
      switch piece {
      case .literal(let literal): result.append(PercentCoding.encode(literal))
      case .expression(let expression): result.append(expression: "url.encode(string(\(expression)))")
      }
    }
  }

  private mutating func add(
    _ header: HAREntry.Field, of entry: HAREntry, to request: inout RequestDraft, _ draft: inout ScenarioDraft,
    _ step: inout StepDraft
  ) {
    let name = header.name.lowercased()
    guard !name.hasPrefix(":"), !name.hasPrefix("sec-"), !name.hasPrefix("proxy-"), !Self.browserHeaders.contains(name)
    else { return }
    // Every browser says that it likes pages, and where a request comes from matters to those that change something.
    if name == "accept", header.value == "*/*" || header.value.contains("text/html") { return }
    if name == "origin", ["GET", "HEAD"].contains(entry.method) { return }
    let value: TemplateText
    if name == "authorization", let (scheme, token) = TemplateText(header.value).cut(at: " "),
      let expression = values.expression(for: token.literals)
    {
      value = scheme + " " + TemplateText(expression: expression)
    } else if name == "authorization" {
      value = TemplateText(header.value)
    } else {
      value = self.value(header.name, header.value, line: entry.line, &draft)
    }
    HeaderRules.add(header.name, value, to: &request, line: entry.line, draft: &draft, step: &step)
  }

  private mutating func setBody(
    _ entry: HAREntry, _ request: inout RequestDraft, _ draft: inout ScenarioDraft, _ step: inout StepDraft
  ) {
    let type = entry.bodyType
    let isMultipart = type.lowercased().hasPrefix("multipart/form-data")
    if isMultipart, !entry.bodyParameters.isEmpty { return setMultipart(entry, &request, &draft, &step) }
    var text = entry.bodyText ?? ""
    if text.isEmpty, !entry.bodyParameters.isEmpty {
      text = entry.bodyParameters.map { parameter in
        "\(parameter["name"]?.text ?? "")=\(parameter["value"]?.text ?? "")"
      }.joined(separator: "&")
    }
    guard !text.isEmpty else { return }
    if !type.isEmpty { _ = request.addHeader("Content-Type", TemplateText(type)) }
    var values = self
    request.body = BodyRules.body(TemplateText(text), type: type) { name, text in
      values.value(name, text, line: entry.line, &draft)
    }
    self = values
  }

  private mutating func setMultipart(
    _ entry: HAREntry, _ request: inout RequestDraft, _ draft: inout ScenarioDraft, _ step: inout StepDraft
  ) {
    var parts: [Tree.Entry] = []
    for parameter in entry.bodyParameters {
      guard let name = parameter["name"]?.text, !parts.contains(where: { $0.key == name }) else { continue }
      guard let file = parameter["fileName"]?.text, !file.isEmpty else {
        parts.append(.entry(name, .text(value(name, parameter["value"]?.text ?? "", line: entry.line, &draft))))
        continue
      }
      var part: [Tree.Entry] = [.entry("file", .text(TemplateText(file)))]
      if let type = parameter["contentType"]?.text { part.append(.entry("type", .text(TemplateText(type)))) }
      parts.append(.entry(name, .map(part)))
      draft.note(BodyRules.fileAdvice(file), line: entry.line, on: &step, isLoss: false)
    }
    request.body = .multipart(parts)
  }
}
