/// Makes a check from a file of Hurl: a step for each entry.
struct HurlConverter {
  private let source: SourceText
  private let options: ConversionOptions
  private var scope = HurlScope()
  private var names = Names()
  private var host: String?

  init(_ source: SourceText, options: ConversionOptions) {
    self.source = source
    self.options = options
  }

  /// - Throws: what is wrong in the file.
  func convert(into draft: inout ScenarioDraft) throws(ConversionFailure) {
    var converter = self
    var reader = HurlReader(source)
    let entries = try reader.entries()
    guard !entries.isEmpty else { throw ConversionFailure("there is no request in the input", line: 1, column: 1) }
    var check = CheckDraft(id: "")
    for entry in entries { converter.add(entry, to: &check, &draft) }
    check.id = draft.ids.checkID(options.name ?? converter.host ?? "journey")
    for variable in converter.scope.outside {
      let value: TemplateText = variable.isURL ? "https://example.org" : ""
      draft.variables.append(
        Tree.Entry(key: variable.name, value: .text(value), comments: ["Set it here, or by --var \(variable.name)=…"]))
      draft.remind(
        "'\(variable.name)' comes from outside of the file: set it in variables:, or by --var \(variable.name)=…",
        line: source.line(of: variable.offset))
    }
    draft.checks.append(check)
  }

  private func line(of offset: Int) -> Int { source.line(of: offset) }

  private mutating func add(_ entry: HurlEntry, to check: inout CheckDraft, _ draft: inout ScenarioDraft) {
    var step = StepDraft(name: "")
    var request = RequestDraft()
    request.method = entry.method
    let settings = HurlSettings(entry.sections, source: source)
    for (name, value, offset) in settings.variables { define(name, value, at: offset, &check, &draft, &step) }
    request.url = text(entry.url, at: entry.offset, isURL: true, &draft, &step)
    for field in entry.headers {
      let name = text(field.name, at: field.offset, &draft, &step).literals
      let value = text(field.value, at: field.offset, &draft, &step)
      HeaderRules.add(name, value, to: &request, line: line(of: field.offset), draft: &draft, step: &step)
    }
    addSections(entry.sections, to: &request, &draft, &step)
    if let body = entry.body { setBody(body, &request, &draft, &step) }
    settings.apply(to: &request, &step, line: line(of: entry.offset), draft: &draft) { source in
      self.scope.expression(source, at: entry.offset)
    }
    // Who sends XML is answered in XML, unless the answer's type says otherwise.
    let type = request.header("content-type")?.literals.lowercased() ?? ""
    expect(entry.response, isXML: type.contains("xml"), &draft, &step)
    settings.poll(&step)
    let path = Self.path(of: entry.url)
    step.name = names.step(method: entry.method, path: path.path)
    host = host ?? path.host
    step.request = request
    if let delay = settings.delay { check.steps.append(.pause(delay)) }
    check.steps.append(step)
  }

  /// The path of a URL whose host may be a template.
  private static func path(of url: TemplateText) -> (host: String?, path: String) {
    let written = url.pieces.map { if case .literal(let text) = $0 { text } else { "0" } }.joined()
    if let parts = URLParts(written) { return (url.leadingLiteral.contains("://") ? parts.host : nil, parts.path) }
    return (nil, URLParts("http://\(written)")?.path ?? "")
  }

  // MARK: Texts

  private mutating func text(
    _ text: TemplateText, at offset: Int, isURL: Bool = false, _ draft: inout ScenarioDraft, _ step: inout StepDraft
  ) -> TemplateText {
    var missing: [String] = []
    let result = scope.text(text, at: offset, isURL: isURL) { missing.append($0) }
    for source in missing {
      draft.note("{{\(source)}} is not carried over: it has no counterpart", line: line(of: offset), on: &step)
    }
    return result
  }

  private mutating func define(
    _ name: String, _ value: TemplateText, at offset: Int, _ check: inout CheckDraft, _ draft: inout ScenarioDraft,
    _ step: inout StepDraft
  ) {
    let isNew = scope.isNew(name)
    let value = text(value, at: offset, &draft, &step)
    let written = scope.define(name)
    if isNew {
      let tree: Tree
      if let literal = value.literal {
        tree = Self.isPlain(literal) ? .plain(literal) : .text(TemplateText(Self.unquoted(literal)))
      } else {
        tree = .text(value)
      }
      draft.variables.append(.entry(written, tree))
      return
    }
    // A later value of the same name holds from here on.
    var set = StepDraft(name: "")
    let literal = value.literal.map { Self.isPlain($0) ? $0 : CELText.quoted(Self.unquoted($0)) }
    let expression = literal ?? value.source
    set.other = .entry("set", .map([.entry(written, .expression(expression))]))
    check.steps.append(set)
  }

  private static func isPlain(_ text: String) -> Bool {
    text == "true" || text == "false" || text == "null" || Int64(text) != nil
      || (Double(text).map(\.isFinite) == true && text.contains(".") && text.utf8.first?.isDigit == true)
  }

  private static func unquoted(_ text: String) -> String {
    text.utf8.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
  }

  // MARK: Requests

  private mutating func addSections(
    _ sections: [HurlSection], to request: inout RequestDraft, _ draft: inout ScenarioDraft, _ step: inout StepDraft
  ) {
    for section in sections where section.name != "Options" {
      var fields: [(name: String, value: TemplateText)] = []
      for field in section.fields {
        let name = text(field.name, at: field.offset, &draft, &step)
        if name.literal == nil {
          draft.note(
            "a name made of a template is not carried over: only values may be", line: line(of: field.offset), on: &step
          )
        }
        let value = text(field.value, at: field.offset, &draft, &step)
        let isSecret = SensitiveNames.contains(name.literals) && section.name != "BasicAuth"
        fields.append(
          (
            name.literals,
            isSecret ? draft.protect(value, named: name.literals, line: line(of: field.offset)) : value
          ))
      }
      switch section.name {
      case "Query", "QueryStringParams": request.query += Self.adjacent(fields)
      case "Form", "FormParams": request.body = .form(Self.adjacent(fields))
      case "Multipart", "MultipartFormData": setMultipart(section, fields, &request, &draft, &step)
      case "Cookies": request.cookies += fields
      case "BasicAuth":
        guard let field = fields.first else { continue }
        let password = draft.protect(field.value, named: "password", line: line(of: section.offset))
        request.auth = .map([
          .entry(
            "basic", .map([.entry("username", .text(TemplateText(field.name))), .entry("password", .text(password))]))
        ])
      default: break
      }
    }
  }

  /// Fields of one name put together, as a map has them.
  private static func adjacent(
    _ fields: [(name: String, value: TemplateText)]
  ) -> [(name: String, value: TemplateText)] {
    var names: [String] = []
    for field in fields where !names.contains(field.name) { names.append(field.name) }
    return names.flatMap { name in fields.filter { $0.name == name } }
  }

  private func setMultipart(
    _ section: HurlSection, _ fields: [(name: String, value: TemplateText)], _ request: inout RequestDraft,
    _ draft: inout ScenarioDraft, _ step: inout StepDraft
  ) {
    var parts: [Tree.Entry] = []
    for (field, origin) in zip(fields, section.fields) {
      let line = line(of: origin.offset)
      guard !parts.contains(where: { $0.key == field.name }) else {
        draft.note(
          "the second part named '\(field.name)' is not carried over: names are unique in multipart", line: line,
          on: &step)
        continue
      }
      guard field.value.leadingLiteral.hasPrefix("file,"), let (path, type) = field.value.dropFirst(5).cut(at: ";")
      else {
        parts.append(.entry(field.name, .text(field.value)))
        continue
      }
      var entries: [Tree.Entry] = [.entry("file", .text(path.trimmedStart.trimmedEnd))]
      if !type.trimmedStart.isEmpty { entries.append(.entry("type", .text(type.trimmedStart))) }
      parts.append(.entry(field.name, .map(entries)))
      draft.note(BodyRules.fileAdvice(path.trimmedStart.trimmedEnd.literals), line: line, on: &step, isLoss: false)
    }
    request.body = .multipart(parts)
  }

  private mutating func setBody(
    _ body: HurlBody, _ request: inout RequestDraft, _ draft: inout ScenarioDraft, _ step: inout StepDraft
  ) {
    let line = line(of: body.offset)
    switch body.content {
    case .json(let value, let written):
      if let tree = json(value, at: body.offset, &draft, &step) {
        request.body = .json(tree)
      } else {
        request.body = .text(text(written, at: body.offset, &draft, &step))
        addType("application/json", &request)
      }
    case .text(let written, "graphql"): setGraphQL(written, at: body.offset, &request, &draft, &step)
    case .text(let written, let language):
      if language == "json" { addType("application/json", &request) }
      if language == "xml" { addType("application/xml", &request) }
      request.body = .text(text(written, at: body.offset, &draft, &step))
    case .bytes(let bytes):
      if let text = String(validating: bytes, as: UTF8.self) {
        request.body = .text(TemplateText(text))
      } else {
        draft.note("a body of bytes is not carried over: put it into a file, and write file:", line: line, on: &step)
      }
    case .file(let path):
      let path = text(path, at: body.offset, &draft, &step)
      request.body = .file(path)
      draft.note(BodyRules.fileAdvice(path.literals), line: line, on: &step, isLoss: false)
    }
  }

  private func addType(_ type: String, _ request: inout RequestDraft) {
    if request.header("content-type") == nil { _ = request.addHeader("Content-Type", TemplateText(type)) }
  }

  private mutating func json(
    _ value: JSONValue, at offset: Int, _ draft: inout ScenarioDraft, _ step: inout StepDraft
  ) -> Tree? {
    guard value.isContainer else { return nil }
    var scope = scope
    var missing: [String] = []
    var protected = draft
    let line = line(of: offset)
    let tree = value.tree { key, string in
      let template = (try? HurlReader.template(string)) ?? TemplateText(string)
      let text = scope.text(template, at: offset) { missing.append($0) }
      if SensitiveNames.contains(key) { return protected.protect(text, named: key, line: line) }
      // In quotes it is text whatever the variable holds; a template alone would keep the variable's type.
      return text.singleExpression.map { TemplateText(expression: "string(\($0))") } ?? text
    } template: { source in
      scope.expression(source.trimmed, at: offset)
        ?? {
          missing.append(source)
          return "null"
        }()
    }
    guard tree != nil else { return nil }
    self.scope = scope
    draft = protected
    for source in missing {
      draft.note("{{\(source)}} is not carried over: it has no counterpart", line: line, on: &step)
    }
    return tree
  }

  /// A document of GraphQL, with `variables {…}` behind it.
  private mutating func setGraphQL(
    _ written: TemplateText, at offset: Int, _ request: inout RequestDraft, _ draft: inout ScenarioDraft,
    _ step: inout StepDraft
  ) {
    if let literal = written.literal, let place = Self.variablesPlace(in: literal) {
      let bytes = Array(literal.utf8)
      let query = String(decoding: bytes[..<place.start], as: UTF8.self).trimmed
      let variables = String(decoding: bytes[place.value...], as: UTF8.self)
      if let value = JSONReader.value(of: variables), let tree = json(value, at: offset, &draft, &step) {
        request.body = .graphql(query: TemplateText(query), variables: tree, operation: nil)
        return
      }
    }
    request.body = .graphql(query: text(written, at: offset, &draft, &step), variables: nil, operation: nil)
    if written.literals.contains("\nvariables") {
      draft.note(
        "the variables of this GraphQL request are not carried over: write them below graphql:", line: line(of: offset),
        on: &step)
    }
  }

  private static func variablesPlace(in text: String) -> (start: Int, value: Int)? {
    let bytes = Array(text.utf8)
    let word = Array("\nvariables".utf8)
    var position = bytes.count - word.count
    while position >= 0 {
      if bytes[position..<position + word.count].elementsEqual(word) { return (position, position + word.count) }
      position -= 1
    }
    return nil
  }

  // MARK: Responses

  private mutating func expect(
    _ response: HurlResponse?, isXML: Bool, _ draft: inout ScenarioDraft, _ step: inout StepDraft
  ) {
    guard let response else { return }
    if let status = response.status { step.expect.append("status == \(status)") }
    if let version = response.version { step.expect.append("version == \"\(version)\"") }
    var isXML = isXML
    for header in response.headers {
      let name = header.name.literals.lowercased()
      let value = source(of: header.value, at: header.offset, &draft, &step)
      if name == "content-type" { isXML = value.contains("xml") && !value.contains("xhtml") }
      let key = CELText.quoted(name)
      let isRepeated = response.headers.count { $0.name.literals.lowercased() == name } > 1 || name == "set-cookie"
      step.expect.append(
        isRepeated ? "\(value) in header_values[\(key)]" : "headers[\(key)] == \(value)")
    }
    for section in response.sections {
      for line in section.lines { add(line, isXML: isXML, &draft, &step) }
    }
    if let body = response.body { expect(body, &draft, &step) }
    // Hurl takes every status where none is asked for; a check would ask for a good one.
    if step.expect.isEmpty, response.status == nil { step.expect.append("status >= 100") }
  }

  private mutating func source(
    of text: TemplateText, at offset: Int, _ draft: inout ScenarioDraft, _ step: inout StepDraft
  ) -> String {
    var missing: [String] = []
    let source = scope.source(of: text, at: offset) { missing.append($0) }
    for template in missing {
      draft.note("{{\(template)}} is not carried over: it has no counterpart", line: line(of: offset), on: &step)
    }
    return source
  }

  private mutating func add(
    _ line: HurlLine, isXML: Bool, _ draft: inout ScenarioDraft, _ step: inout StepDraft
  ) {
    var query = HurlQuery(line.tokens, scope: scope, isXML: isXML)
    do throws(HurlQuery.Unsaid) {
      if let name = line.name {
        let capture = try query.capture()
        scope = query.scope
        step.captures.append((scope.define(name), capture.source))
        if capture.isSecret { step.isSensitive = true }
      } else {
        step.expect.append(try query.assertion())
        scope = query.scope
      }
    } catch {
      let number = self.line(of: line.offset)
      draft.note("'\(line.text)' is not carried over: \(error.message)", line: number, on: &step)
      guard let name = line.name else { return }
      // Later steps use it, so it has to be there.
      if scope.isNew(name) {
        let written = scope.define(name)
        draft.variables.append(
          Tree.Entry(key: written, value: .text(""), comments: ["Stands for the capture of line \(number)."]))
      }
    }
  }

  private mutating func expect(_ body: HurlBody, _ draft: inout ScenarioDraft, _ step: inout StepDraft) {
    switch body.content {
    case .json(let value, _):
      var missing: [String] = []
      var scope = scope
      let literal = value.celLiteral { source in
        scope.expression(source, at: body.offset)
          ?? {
            missing.append(source)
            return "null"
          }()
      }
      self.scope = scope
      step.expect.append("json == \(literal)")
    case .text(let text, _): step.expect.append("body == \(source(of: text, at: body.offset, &draft, &step))")
    case .bytes(let bytes):
      let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      step.expect.append("hex(body_bytes) == \"\(digits)\"")
    case .file:
      draft.note(
        "the expected body in a file is not carried over: expect hex(sha256(body_bytes)) == \"…\"",
        line: line(of: body.offset), on: &step)
    }
  }
}

extension JSONValue {
  /// The value as an expression of CEL.
  fileprivate func celLiteral(_ template: (String) -> String) -> String {
    switch content {
    case .null: "null"
    case .bool(let flag): String(flag)
    case .number(let digits):
      Int64(digits) != nil ? digits : digits.contains { ".eE".contains($0) } ? digits : digits + ".0"
    case .template(let source): template(source.trimmed)
    case .string(let text): CELText.quoted(text)
    case .array(let elements): "[" + elements.map { $0.celLiteral(template) }.joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { CELText.quoted($0.key) + ": " + $0.value.celLiteral(template) }.joined(separator: ", ") + "}"
    }
  }
}
