import Documents
import Expressions
import Model

/// Makes scheduled checks of the targets that Prometheus scrapes through blackbox_exporter: one check with the same module for
/// each target.
///
/// Targets are found as Prometheus finds them, relabelling included, as far as they stand in files.
struct PrometheusConverter {
  /// How long before the scrape's end blackbox_exporter gives up (`--timeout-offset`).
  private static let timeoutOffset = Duration.milliseconds(500)
  /// Labels of a check that Curlew sets itself.
  private static let taken: Set<String> = ["check", "name", "group", "kind"]
  /// Where Prometheus finds targets that a file does not tell.
  private static let discoveries = "_sd_configs"

  private let source: Documents.SourceText
  private let options: ConversionOptions
  private let sink = DiagnosticSink()

  init(_ bytes: [UInt8], options: ConversionOptions) {
    source = Documents.SourceText(path: "prometheus.yml", folder: ".", bytes: bytes)
    self.options = options
  }

  func convert(into draft: inout ScenarioDraft) throws(ConversionFailure) {
    guard case .node(let root) = YAMLComposer.compose(source, sink: sink), !sink.hasErrors else {
      let problem = sink.finished().first
      throw ConversionFailure(
        problem?.message ?? "there is nothing in it", line: problem?.excerpt?.location.line ?? 1,
        column: problem?.excerpt?.location.column ?? 1)
    }
    guard case .sequence(let jobs)? = root.entry(named: "scrape_configs")?.value.content else {
      throw ConversionFailure(
        "there are no scrape_configs in it; give the configuration of Prometheus, whose jobs name the targets",
        line: 1, column: 1)
    }
    let global = root.entry(named: "global")?.value
    var other = 0
    for job in jobs {
      guard Self.probes(job) else {
        other += 1
        continue
      }
      convert(job, global: global, into: &draft)
    }
    if other > 0 { draft.note("\(other) jobs scrape no /probe, and are left out", line: 1, isLoss: false) }
    guard !draft.checks.isEmpty else {
      throw ConversionFailure(
        "no target of it is probed through blackbox_exporter: no job with metrics_path /probe has one in a file",
        line: 1, column: 1)
    }
  }

  private static func probes(_ job: YAMLNode) -> Bool {
    job.entry(named: "metrics_path")?.value.scalarText?.hasSuffix("/probe") == true
      || job.entry(named: "params")?.value.entry(named: "module") != nil
  }

  // MARK: Jobs

  private func convert(_ job: YAMLNode, global: YAMLNode?, into draft: inout ScenarioDraft) {
    let name = job.entry(named: "job_name")?.value.scalarText ?? "probe"
    func duration(_ key: String, _ standard: Duration) -> Duration {
      (job.entry(named: key) ?? global?.entry(named: key))?.value.scalarText.flatMap(Units.duration) ?? standard
    }
    let interval = duration("scrape_interval", .seconds(60))
    let timeout = min(duration("scrape_timeout", .seconds(10)), interval)
    var rules: [RelabelRule] = []
    if case .sequence(let entries)? = job.entry(named: "relabel_configs")?.value.content {
      for entry in entries {
        do {
          rules.append(try RelabelRule(entry))
        } catch {
          draft.note("job '\(name)': \(error.message)", line: line(of: error.node))
        }
      }
    }
    for target in targets(of: job, name, into: &draft) {
      var labels = target.labels
      labels["job"] = labels["job"] ?? name
      labels["__address__"] = target.address
      labels["__scrape_interval__"] = Units.text(of: interval)
      labels["__scrape_timeout__"] = Units.text(of: timeout)
      labels["__metrics_path__"] = job.entry(named: "metrics_path")?.value.scalarText ?? "/metrics"
      if case .mapping(let entries)? = job.entry(named: "params")?.value.content {
        for entry in entries { labels["__param_\(entry.name)"] = entry.value.firstText }
      }
      guard rules.allSatisfy({ $0.apply(to: &labels) }), labels["__address__"] != nil else { continue }
      add(labels, job: name, interval, timeout, at: target.node, into: &draft)
    }
  }

  private func add(
    _ labels: [String: String], job: String, _ interval: Duration, _ timeout: Duration, at node: YAMLNode,
    into draft: inout ScenarioDraft
  ) {
    let line = line(of: node)
    guard let target = labels["__param_target"], !target.isEmpty else {
      draft.note(
        "job '\(job)': \(labels["__address__"] ?? "a target") has no __param_target after relabelling, so nothing is probed",
        line: line)
      return
    }
    // blackbox_exporter's own, where none is asked for.
    let module = labels["__param_module"] ?? "http_2xx"
    if let modules = options.modules, !modules.contains(module) {
      draft.note("job '\(job)': there is no module '\(module)', so \(target) is left out", line: line)
      return
    }
    if let hostname = labels["__param_hostname"] {
      draft.note("job '\(job)': the parameter hostname=\(hostname) of \(target) is not carried over", line: line)
    }
    let instance = labels["instance"] ?? target
    var check = CheckDraft(id: draft.ids.checkID("\(job)-\(instance)"))
    var entries: [Tree.Entry] = [
      .entry("name", .text(TemplateText(instance))), .entry("group", .text(TemplateText(labels["job"] ?? job))),
    ]
    let kept = labels.filter { !$0.key.hasPrefix("__") && $0.key != "job" && $0.key != "instance" }
    if !kept.isEmpty {
      let fields = kept.sorted { $0.key < $1.key }.map { name, value -> Tree.Entry in
        .entry(Self.taken.contains(name) ? "exported_\(name)" : name, .text(TemplateText(value)))
      }
      entries.append(.entry("labels", .map(fields)))
    }
    entries.append(.entry("every", .plain(Units.text(of: interval))))
    let bound = timeout > Self.timeoutOffset ? timeout - Self.timeoutOffset : timeout
    entries.append(.entry("timeout", .plain(Units.text(of: bound))))
    entries.append(
      .entry(
        "module",
        .map([.entry("name", .text(TemplateText(module))), .entry("target", .text(TemplateText(target)))])))
    check.entries = entries
    draft.checks.append(check)
  }

  // MARK: Targets

  private struct Target {
    var address: String
    var labels: [String: String]
    /// Where it is written.
    var node: YAMLNode
  }

  private func targets(of job: YAMLNode, _ name: String, into draft: inout ScenarioDraft) -> [Target] {
    guard case .mapping(let entries) = job.content else { return [] }
    var targets: [Target] = []
    for entry in entries where entry.name.hasSuffix("_configs") {
      switch entry.name {
      case "static_configs": targets += groups(entry.value)
      case "file_sd_configs": targets += fileTargets(entry.value, job: name, into: &draft)
      case let other where other.hasSuffix(Self.discoveries):
        draft.note(
          "job '\(name)': targets of \(other) are known to Prometheus alone, and are not carried over",
          line: line(of: entry.key))
      default: break
      }
    }
    return targets
  }

  private func groups(_ list: YAMLNode) -> [Target] {
    guard case .sequence(let groups) = list.content else { return [] }
    return groups.flatMap { group -> [Target] in
      guard case .sequence(let addresses)? = group.entry(named: "targets")?.value.content else { return [] }
      var labels: [String: String] = [:]
      if case .mapping(let entries)? = group.entry(named: "labels")?.value.content {
        for entry in entries { labels[entry.name] = entry.value.scalarText }
      }
      return addresses.compactMap { node in
        node.scalarText.map { Target(address: $0, labels: labels, node: node) }
      }
    }
  }

  /// Targets of files in YAML or JSON, which YAML includes.
  private func fileTargets(_ list: YAMLNode, job: String, into draft: inout ScenarioDraft) -> [Target] {
    guard case .sequence(let entries) = list.content else { return [] }
    var targets: [Target] = []
    for entry in entries {
      guard case .sequence(let patterns)? = entry.entry(named: "files")?.value.content else { continue }
      for pattern in patterns {
        let found = pattern.scalarText.map(options.files) ?? []
        if found.isEmpty {
          draft.note(
            "job '\(job)': no file is found for '\(pattern.scalarText ?? "")', whose targets are left out",
            line: line(of: pattern))
        }
        for file in found {
          let text = Documents.SourceText(path: file.path, folder: ".", bytes: file.bytes)
          guard case .node(let root) = YAMLComposer.compose(text, sink: DiagnosticSink()) else {
            draft.note("job '\(job)': \(file.path) is no list of targets", line: line(of: pattern))
            continue
          }
          targets += groups(root).map { target in
            var target = target
            target.labels["__meta_filepath"] = file.path
            target.node = pattern
            return target
          }
        }
      }
    }
    return targets
  }

  private func line(of node: YAMLNode) -> Int { node.excerpt.location.line }
}

extension YAMLNode {
  /// A scalar's text, or that of the first entry of a list, as a parameter of a query has it.
  fileprivate var firstText: String? {
    if case .sequence(let items) = content { items.first?.scalarText } else { scalarText }
  }
}
