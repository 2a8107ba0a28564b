import Documents
import Model

/// Makes a scenario of the configuration of Gatus: endpoints, external endpoints, suites and planned work; its page becomes
/// the proposal of a service file.
struct GatusConverter {
  /// A file, or several that are merged as Gatus merges those of a folder.
  private let files: [(path: String, bytes: [UInt8])]

  init(_ files: [(path: String, bytes: [UInt8])]) {
    self.files = files
  }

  /// Keys of the file as a whole for which there is something else.
  private static let settings: [(key: String, instead: String)] = [
    ("storage", "history is kept where `store` of the service file says; `curlew import --from gatus` brings it over"),
    ("metrics", "metrics are always at /metrics"),
    ("security", "who may ask is said by `web` of the service file, and for a page by `private`"),
    ("concurrency", "how many checks run at a time is said by `concurrency` of the service file"),
    ("disable-monitoring-lock", "checks never wait for one another"),
    ("connectivity", "there is no check of one's own connection: watch from several regions"),
    ("remote", "other instances are regions of one Curlew"),
    ("tunneling", "there are no SSH tunnels"),
    ("skip-invalid-config-update", "an invalid file never changes what is in force"),
    ("debug", "how much is logged is said by `log` of the service file"),
  ]

  func convert(into draft: inout ScenarioDraft) throws(ConversionFailure) {
    let root = try merged()
    let thresholds = GatusAlerts(root.entry(named: "alerting")?.value)
    for (key, instead) in Self.settings {
      if let entry = root.entry(named: key) {
        draft.note("'\(key)' is not carried over: \(instead)", line: entry.key.line, isLoss: false)
      }
    }
    thresholds.note(in: &draft)
    for node in root.items("endpoints") + root.items("services") {
      GatusEndpoint(node, thresholds: thresholds).addCheck(to: &draft)
    }
    for node in root.items("external-endpoints") { addExternal(node, thresholds, to: &draft) }
    for node in root.items("suites") { GatusSuite(node).addCheck(to: &draft) }
    GatusMaintenance.add(root.entry(named: "maintenance")?.value, checks: [], named: "maintenance", to: &draft)
    guard !draft.checks.isEmpty else {
      throw ConversionFailure(
        "there are no endpoints in it; give the configuration of Gatus, a file or its folder", line: 1, column: 1)
    }
    GatusPage(root).propose(in: &draft)
  }

  // MARK: Files

  private func merged() throws(ConversionFailure) -> YAMLNode {
    var root: YAMLNode?
    for file in files {
      let sink = DiagnosticSink()
      let source = Documents.SourceText(path: file.path, folder: ".", bytes: file.bytes)
      let composition = YAMLComposer.compose(source, sink: sink)
      if case .empty = composition { continue }
      guard case .node(let node) = composition, !sink.hasErrors else {
        let problem = sink.finished().first
        throw ConversionFailure(
          named(file, problem?.message ?? "it cannot be read"), line: problem?.excerpt?.location.line ?? 1,
          column: problem?.excerpt?.location.column ?? 1)
      }
      root = try root.map { before throws(ConversionFailure) in try merge(before, node, file) } ?? node
    }
    guard let root else { throw ConversionFailure("there is nothing in it", line: 1, column: 1) }
    return root
  }

  private func named(_ file: (path: String, bytes: [UInt8]), _ message: String) -> String {
    files.count > 1 ? "\(file.path): \(message)" : message
  }

  /// Maps are merged, lists appended; a value that stands twice is refused, as by Gatus.
  private func merge(
    _ left: YAMLNode, _ right: YAMLNode, _ file: (path: String, bytes: [UInt8])
  ) throws(ConversionFailure) -> YAMLNode {
    switch (left.content, right.content) {
    case (.mapping(var entries), .mapping(let others)):
      for other in others {
        if let index = entries.firstIndex(where: { $0.name == other.name }) {
          entries[index] = YAMLNode.Entry(
            key: entries[index].key, value: try merge(entries[index].value, other.value, file))
        } else {
          entries.append(other)
        }
      }
      return left.replacing(.mapping(entries), isRendered: false)
    case (.sequence(let items), .sequence(let others)):
      return left.replacing(.sequence(items + others), isRendered: false)
    default:
      let place = right.excerpt.location
      throw ConversionFailure(
        named(file, "'\(right.scalarText?.shortened ?? "a value")' stands for what another file says too"),
        line: place.line, column: place.column)
    }
  }

  // MARK: External endpoints

  /// Whoever pushed to Gatus reports to a heartbeat check.
  private func addExternal(_ node: YAMLNode, _ thresholds: GatusAlerts, to draft: inout ScenarioDraft) {
    let (name, group) = (node.text("name") ?? "external", node.text("group"))
    var check = CheckDraft(id: draft.ids.checkID(CheckNames.gatus(group: group, name: name)))
    var entries = Self.identity(node, name: name, group: group)
    let interval = node.entry(named: "heartbeat")?.value.duration("interval")
    if interval == nil {
      draft.note(
        "'\(name)' has no heartbeat.interval, so Gatus never missed a push; here a day without one is a failure",
        line: node.line, on: &check, isLoss: false)
    }
    let every = interval ?? .days(1)
    entries.append(.entry("every", .plain(Units.text(of: every))))
    entries += thresholds.policy(of: node)
    var heartbeat: [Tree.Entry] = [.entry("grace", .plain(Units.text(of: min(every, .minutes(5)))))]
    if let token = node.text("token") {
      let secret = draft.protect(GatusText.template(token, draft: &draft), named: "token_\(check.id)", line: node.line)
      heartbeat.append(.entry("token", .text(secret)))
    }
    entries.append(.entry("heartbeat", .map(heartbeat)))
    draft.note(
      "'\(name)' is pushed: send to POST /api/v1/heartbeats/\(check.id)?status=success in place of "
        + "/api/v1/endpoints/…/external?success=true", line: node.line, on: &check, isLoss: false)
    check.entries = entries
    draft.checks.append(check)
    GatusMaintenance.add(windows: node, check: check.id, to: &draft)
  }

  /// What every check begins with.
  static func identity(_ node: YAMLNode, name: String, group: String?) -> [Tree.Entry] {
    var entries: [Tree.Entry] = [.entry("name", .text(TemplateText(name)))]
    if let group, !group.isEmpty { entries.append(.entry("group", .text(TemplateText(group)))) }
    if node.flag("enabled") == false { entries.append(.entry("enabled", .plain("false"))) }
    return entries
  }
}

/// What text of Gatus means: variables of the environment are put into the file before it is read.
enum GatusText {
  /// `$NAME` and `${NAME}` become `${env.NAME}`, `$$` a dollar.
  static func template(_ text: String, draft: inout ScenarioDraft) -> TemplateText {
    var result = TemplateText()
    var names: [String] = []
    let bytes = Array(text.utf8)
    var literal: [UInt8] = []
    var index = 0
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "$"), index + 1 < bytes.count else {
        literal.append(bytes[index])
        index += 1
        continue
      }
      if bytes[index + 1] == UInt8(ascii: "$") {
        literal.append(UInt8(ascii: "$"))
        index += 2
        continue
      }
      let isBraced = bytes[index + 1] == UInt8(ascii: "{")
      let start = index + (isBraced ? 2 : 1)
      var end = start
      while end < bytes.count, bytes[end].isLetter || bytes[end].isDigit || bytes[end] == UInt8(ascii: "_") { end += 1 }
      let isName = end > start && !bytes[start].isDigit && (!isBraced || (end < bytes.count && bytes[end] == 0x7D))
      guard isName else {
        literal.append(bytes[index])
        index += 1
        continue
      }
      result.append(String(decoding: literal, as: UTF8.self))
      literal = []
      let name = String(decoding: bytes[start..<end], as: UTF8.self)
      names.append(name)
      result.append(expression: SensitiveNames.contains(name) ? draft.secret(environment: name) : "env.\(name)")
      index = isBraced ? end + 1 : end
    }
    result.append(String(decoding: literal, as: UTF8.self))
    return result
  }
}

extension YAMLNode {
  /// The line it begins in, counted from 1.
  var line: Int { excerpt.location.line }

  /// A scalar's text by its key.
  func text(_ key: String) -> String? { entry(named: key)?.value.scalarText }

  /// A list by its key; nothing where there is none.
  func items(_ key: String) -> [YAMLNode] {
    guard case .sequence(let items)? = entry(named: key)?.value.content else { return [] }
    return items
  }

  /// A map's texts by its key, in order.
  func fields(_ key: String) -> [(name: String, value: String)] {
    guard case .mapping(let entries)? = entry(named: key)?.value.content else { return [] }
    return entries.map { ($0.name, $0.value.scalarText ?? "") }
  }

  /// A boolean as Go reads it of YAML.
  func flag(_ key: String) -> Bool? {
    switch text(key)?.lowercased() {
    case "true", "yes", "on": true
    case "false", "no", "off": false
    default: nil
    }
  }

  /// A duration as Go writes it.
  func duration(_ key: String) -> Duration? { text(key).flatMap(Units.duration) }
}
