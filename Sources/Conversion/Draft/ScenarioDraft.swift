/// A scenario while it is made.
struct ScenarioDraft: Sendable {
  var variables: [Tree.Entry] = []
  var checks: [CheckDraft] = []
  /// What checks stand for together.
  var services: [Tree] = []
  /// Planned work.
  var maintenance: [Tree] = []
  /// What a service file would say of the same: its pages. Empty where the input says nothing of it.
  var serviceFile: [Tree.Entry] = []
  var ids = Names()
  private var losses: [ConversionNote] = []
  /// What is left to do, such as to set variables of the environment.
  private var settings: [ConversionNote] = []
  /// Notes about the file as a whole, which stand at its top.
  private var remarks: [String] = []
  private var secrets: [(name: String, environment: String)] = []
  private var secretNames = Names()
  /// What is replaced by a template wherever it occurs, by value.
  private var known: [String: String] = [:]

  /// A value as short as this occurs by chance.
  private static let shortestKnown = 8

  /// All that the user should know, in the input's order.
  var notes: [ConversionNote] {
    (losses + settings).enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(
      \.element)
  }

  /// Says something about the whole file.
  mutating func note(_ message: String, line: Int, isLoss: Bool = true) {
    let text = Self.oneLine(message)
    losses.append(ConversionNote(line: line, message: text, isLoss: isLoss))
    remarks.append("Line \(line): \(text)")
  }

  /// Says at the top of the file what was noted for something that nothing is left of.
  mutating func remark(_ comment: String) { remarks.append(comment) }

  /// Says what is left to do where the scenario says so itself.
  mutating func remind(_ message: String, line: Int) {
    settings.append(ConversionNote(line: line, message: Self.oneLine(message), isLoss: false))
  }

  /// Says something about a step, above which it stands too.
  mutating func note(_ message: String, line: Int, on step: inout StepDraft, isLoss: Bool = true) {
    let text = Self.oneLine(message)
    losses.append(ConversionNote(line: line, message: text, isLoss: isLoss))
    step.comments.append("Line \(line): \(text)")
  }

  /// Says something about a check, above which it stands too.
  mutating func note(_ message: String, line: Int, on check: inout CheckDraft, isLoss: Bool = true) {
    let text = Self.oneLine(message)
    losses.append(ConversionNote(line: line, message: text, isLoss: isLoss))
    check.comments.append("Line \(line): \(text)")
  }

  /// A secret that reads an environment variable of this name.
  /// - Returns: the expression that stands for it.
  mutating func secret(environment: String) -> String {
    if let secret = secrets.first(where: { $0.environment == environment }) { return "secrets.\(secret.name)" }
    let name = secretNames.unique(CELText.name(environment.lowercased()), joined: "_")
    secrets.append((name, environment))
    return "secrets.\(name)"
  }

  /// A value that must not be written: it becomes a secret, the same one wherever it occurs. What is made of expressions
  /// already, and nothing, stays.
  mutating func protect(_ text: TemplateText, named name: String, line: Int) -> TemplateText {
    guard let value = text.literal, !value.isEmpty else { return text }
    if let expression = known[value] { return TemplateText(expression: expression) }
    let name = secretNames.unique(CELText.name(name.lowercased()), joined: "_")
    let environment = name.uppercased()
    secrets.append((name, environment))
    let expression = "secrets.\(name)"
    known[value] = expression
    remind(
      "set the environment variable \(environment) to the value that stands here; it is not written out", line: line)
    return TemplateText(expression: expression)
  }

  /// Takes over the secrets that another conversion of the same input has found.
  mutating func adoptSecrets(of other: ScenarioDraft) {
    (secrets, secretNames, known, settings) = (other.secrets, other.secretNames, other.known, other.settings)
  }

  /// The text with every protected value in it replaced.
  func replacingProtected(_ text: TemplateText) -> TemplateText {
    let values = known.keys.filter { $0.utf8.count >= Self.shortestKnown }.sorted { $0.utf8.count > $1.utf8.count }
    guard !values.isEmpty else { return text }
    return values.reduce(text) { text, value in
      text.mapLiterals { Substitution.replace(value, in: $0, with: known[value] ?? "") }
    }
  }

  /// The file.
  func text() -> String {
    var writer = YAMLWriter()
    for remark in remarks { writer.comment(remark) }
    var head: [Tree.Entry] = [.entry("version", .plain("1"))]
    if !variables.isEmpty { head.append(.entry("variables", .map(variables))) }
    if !secrets.isEmpty {
      head.append(
        .entry(
          "secrets",
          .map(secrets.map { .entry($0.name, .map([.entry("env", .text(TemplateText($0.environment)))])) })))
    }
    writer.write(head)
    writer.write([.entry("checks", .list(checks.map(\.tree)))])
    if !services.isEmpty { writer.write([.entry("services", .list(services))]) }
    if !maintenance.isEmpty { writer.write([.entry("maintenance", .list(maintenance))]) }
    return writer.text
  }

  /// The service file, where the input says anything of one.
  func serviceText() -> String? {
    guard !serviceFile.isEmpty else { return nil }
    var writer = YAMLWriter()
    writer.write(serviceFile)
    return writer.text
  }

  private static func oneLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { YAMLScalar.isPrintable($0) ? $0 : " " }))
  }
}

/// A check while it is made.
struct CheckDraft: Sendable {
  var id: String
  var steps: [StepDraft] = []
  /// All that stands after the id, where no steps do.
  var entries: [Tree.Entry] = []
  /// What stands above it.
  var comments: [String] = []

  init(id: String) {
    self.id = id
  }

  fileprivate var tree: Tree {
    var entries: [Tree.Entry] = [.entry("id", .text(TemplateText(id)))]
    entries[0].comments = comments
    if steps.isEmpty, !self.entries.isEmpty { return .map(entries + self.entries) }
    if steps.count == 1, let request = steps[0].request, steps[0].isPlain {
      let step = steps[0]
      entries[0].comments += step.comments
      if let timeout = step.timeout {
        // A check is run every minute unless it says otherwise, and its timeout may not be longer than that.
        if let every = Self.rhythm(for: timeout) { entries.append(.entry("every", .plain(every))) }
        entries.append(.entry("timeout", .plain(timeout)))
      }
      if let retry = step.retry { entries.append(.entry("retry", retry)) }
      entries.append(.entry("http", request.tree(expect: step.expect, until: step.until)))
      return .map(entries)
    }
    entries.append(.entry("journey", .map([.entry("steps", .list(steps.map(\.tree)))])))
    return .map(entries)
  }

  /// How often a check with this timeout can run; nil where the usual minute is enough.
  private static func rhythm(for timeout: String) -> String? {
    let units = ["ms": 0.001, "s": 1, "m": 60, "h": 3600]
    let digits = timeout.prefix { $0.isNumber }
    guard let number = Double(digits), let unit = units[String(timeout.dropFirst(digits.count))] else { return nil }
    let rhythms = [(60.0, ""), (300, "5m"), (900, "15m"), (3600, "1h"), (86400, "1d")]
    let rhythm = rhythms.first { number * unit < $0.0 } ?? (0, "30d")
    return rhythm.1.isEmpty ? nil : rhythm.1
  }
}

/// A step while it is made.
struct StepDraft: Sendable {
  var name: String
  /// What stands above it.
  var comments: [String] = []
  /// Nil where `other` says what is done instead.
  var request: RequestDraft?
  /// An entry without a probe: `pause`, `set`.
  var other: Tree.Entry?
  var when: String?
  var captures: [(name: String, source: String)] = []
  var expect: [String] = []
  var until: [String] = []
  var retry: Tree?
  var timeout: String?
  /// Whether bodies are kept out of every record.
  var isSensitive = false

  init(name: String, request: RequestDraft? = nil) {
    self.name = name
    self.request = request
  }

  static func pause(_ duration: String) -> StepDraft {
    var step = StepDraft(name: "")
    step.other = .entry("pause", .plain(duration))
    return step
  }

  /// Whether it can be a check by itself, without a journey around it.
  fileprivate var isPlain: Bool { captures.isEmpty && when == nil && other == nil }

  fileprivate var tree: Tree {
    if var other {
      other.comments = comments
      return .map([other])
    }
    var entries: [Tree.Entry] = [.entry("step", .text(TemplateText(name)))]
    entries[0].comments = comments
    if let when { entries.append(.entry("when", .expression(when))) }
    if let timeout { entries.append(.entry("timeout", .plain(timeout))) }
    if isSensitive { entries.append(.entry("sensitive", .plain("true"))) }
    if let request { entries.append(.entry("http", request.tree())) }
    if !captures.isEmpty {
      entries.append(.entry("capture", .map(captures.map { .entry($0.name, .expression($0.source)) })))
    }
    if !until.isEmpty { entries.append(.entry("until", .expressions(until))) }
    if let retry { entries.append(.entry("retry", retry)) }
    if !expect.isEmpty { entries.append(.entry("expect", .expressions(expect))) }
    return .map(entries)
  }
}
