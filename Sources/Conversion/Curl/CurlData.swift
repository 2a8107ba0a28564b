/// What the data options of a curl command send.
struct CurlData {
  private var data: [CurlOption] = []
  private var forms: [CurlOption] = []
  private var queries: [CurlOption] = []
  private var upload: CurlOption?
  /// What `--get` and `--url-query` add to the URL.
  private(set) var query: TemplateText?

  mutating func add(_ option: CurlOption) {
    switch option.name {
    case "form", "form-string": forms.append(option)
    case "upload-file": upload = option
    case "url-query": queries.append(option)
    default: data.append(option)
    }
  }

  /// Gives the request its body.
  mutating func finish(
    _ request: inout RequestDraft, inQuery: Bool, source: SourceText, draft: inout ScenarioDraft, step: inout StepDraft
  ) throws(ConversionFailure) {
    var queryParts = queries.map { Self.encoded($0.value) }
    if inQuery {
      queryParts += data.map { $0.name == "data-urlencode" ? Self.encoded($0.value) : $0.value }
      if data.contains(where: { $0.value.leadingLiteral.hasPrefix("@") }) {
        draft.note("data from a file in a URL is not carried over: write it out", line: line(data, source), on: &step)
      }
    } else if !forms.isEmpty {
      setMultipart(&request, source, &draft, &step)
    } else if !data.isEmpty {
      setBody(&request, source, &draft, &step)
    } else if let upload {
      setFile(upload.value, &request, line: source.line(of: upload.offset), &draft, &step)
    }
    if !queryParts.isEmpty {
      query = queryParts.dropFirst().reduce(queryParts[0]) { $0 + "&" + $1 }
    }
  }

  private func line(_ options: [CurlOption], _ source: SourceText) -> Int {
    source.line(of: options.first?.offset ?? 0)
  }

  /// `--data-urlencode content`, `=content` and `name=content` (curl(1)).
  private static func encoded(_ value: TemplateText) -> TemplateText {
    guard let (name, content) = value.cut(at: "=") else { return encodedContent(value) }
    return name.isEmpty ? encodedContent(content) : name + "=" + encodedContent(content)
  }

  private static func encodedContent(_ value: TemplateText) -> TemplateText {
    value.pieces.reduce(into: TemplateText()) { result, piece in
      switch piece {
      case .literal(let text): result.append(PercentCoding.encode(text))
      case .expression(let expression): result.append(expression: "url.encode(\(expression))")
      }
    }
  }

  private func setBody(
    _ request: inout RequestDraft, _ source: SourceText, _ draft: inout ScenarioDraft, _ step: inout StepDraft
  ) {
    if data.contains(where: { $0.name == "json" }) {
      if request.header("content-type") == nil { _ = request.addHeader("Content-Type", "application/json") }
      if request.header("accept") == nil { _ = request.addHeader("Accept", "application/json") }
    }
    let files = data.filter { $0.name != "data-raw" && $0.value.leadingLiteral.hasPrefix("@") }
    if let file = files.first {
      let line = source.line(of: file.offset)
      if request.header("content-type") == nil {
        _ = request.addHeader("Content-Type", "application/x-www-form-urlencoded")
      }
      setFile(file.value.dropFirst(1), &request, line: line, &draft, &step)
      if data.count > 1 {
        draft.note(
          "only \(file.value.literals) is sent, not the other data: put all into one file", line: line, on: &step)
      } else if file.name == "data" || file.name == "data-ascii" {
        draft.note("line ends of \(file.value.literals) are sent too, which curl takes out", line: line, on: &step)
      } else if file.name == "data-urlencode" {
        draft.note("\(file.value.literals) is sent as it is, not encoded", line: line, on: &step)
      }
      return
    }
    var body = TemplateText()
    for (index, option) in data.enumerated() {
      // Several pieces of JSON are put together as they are, pieces of a form with `&`.
      if index > 0, option.name != "json" { body.append("&") }
      body.append(option.name == "data-urlencode" ? Self.encoded(option.value) : option.value)
    }
    let type = request.header("content-type") ?? "application/x-www-form-urlencoded"
    if request.header("content-type") == nil { _ = request.addHeader("Content-Type", type) }
    let line = line(data, source)
    request.body = BodyRules.body(body, type: type.literals) { name, text in
      SensitiveNames.contains(name)
        ? draft.protect(TemplateText(text), named: name, line: line) : draft.replacingProtected(TemplateText(text))
    }
  }

  private func setFile(
    _ path: TemplateText, _ request: inout RequestDraft, line: Int, _ draft: inout ScenarioDraft,
    _ step: inout StepDraft
  ) {
    guard let text = path.literal, text != "-", text != "." else {
      return draft.note(
        "data from standard input is not carried over: put it into a file, and write file:", line: line, on: &step)
    }
    request.body = .file(path)
    draft.note(BodyRules.fileAdvice(text), line: line, on: &step, isLoss: false)
  }

  /// `name=text`, `name=@file`, `name=<file`, each perhaps with `;type=…` and `;filename=…` (curl(1), "--form").
  private func setMultipart(
    _ request: inout RequestDraft, _ source: SourceText, _ draft: inout ScenarioDraft, _ step: inout StepDraft
  ) {
    var entries: [Tree.Entry] = []
    for option in forms {
      let line = source.line(of: option.offset)
      guard let (name, value) = option.value.cut(at: "="), let key = name.literal else {
        draft.note(
          "the part '\(option.value.literals.prefix(60))' is not carried over: it is no name=value", line: line,
          on: &step)
        continue
      }
      guard !entries.contains(where: { $0.key == key }) else {
        draft.note(
          "the second part named '\(key)' is not carried over: names are unique in multipart", line: line, on: &step)
        continue
      }
      let isFile =
        option.name == "form" && "@<".contains(value.leadingLiteral.prefix(1)) && !value.leadingLiteral.isEmpty
      guard isFile else {
        let (text, attributes) = option.name == "form" ? Self.attributes(of: value) : (value, [])
        let content = SensitiveNames.contains(key) ? draft.protect(text, named: key, line: line) : text
        let part: Tree = attributes.isEmpty ? .text(content) : .map([.entry("text", .text(content))] + attributes)
        entries.append(.entry(key, part))
        continue
      }
      let (path, attributes) = Self.attributes(of: value.dropFirst(1))
      entries.append(.entry(key, .map([.entry("file", .text(path))] + attributes)))
      draft.note(BodyRules.fileAdvice(path.literals), line: line, on: &step, isLoss: false)
    }
    request.body = .multipart(entries)
    request.removeHeader("content-type")
  }

  private static func attributes(of value: TemplateText) -> (content: TemplateText, attributes: [Tree.Entry]) {
    let parts = value.split(at: ";")
    var content = parts[0]
    var attributes: [Tree.Entry] = []
    for part in parts.dropFirst() {
      if let (name, value) = part.trimmedStart.cut(at: "="), ["type", "filename"].contains(name.literals) {
        attributes.append(.entry(name.literals, .text(value)))
      } else if attributes.isEmpty {
        content = content + ";" + part
      }
    }
    return (content, attributes)
  }
}
