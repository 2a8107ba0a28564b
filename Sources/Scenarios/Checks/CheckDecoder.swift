import Documents
import Expressions
import Model

/// Reads the checks of one file.
struct CheckDecoder {
  let scopes: FileScopes
  /// The file's `defaults`, if it has any.
  let defaults: YAMLNode?
  let journeys: JourneyDecoder
  let folder: String
  let surroundings: Surroundings
  let registry: CheckRegistry
  let sink: DiagnosticSink

  private static let kinds = Dictionary(ProbeKind.written.map { ($0.rawValue, $0) }) { first, _ in first }
  private static let supported = CheckKeys.table.choice

  /// Reads one entry of `checks`; nil after a fault that leaves nothing to run.
  func decode(_ node: YAMLNode) -> ScenarioCheck? {
    guard case .mapping(let written) = node.content else {
      sink.error("expected a check, found \(node.foundText)", at: node, allowed: CheckKeys.table.keys.map(\.name))
      return nil
    }
    let reader = Reader(phase: .load, sink: sink, folder: folder, surroundings: surroundings)
    let merged = merged(written)
    let compiler = scopes.compiler(of: merged.first { $0.name == CheckKeys.variables.name }?.value, reader)
    let (probe, unknown) = self.probe(written, at: node)
    let isJourney = probe?.kind == .journey
    if isJourney { checkSaysNothingOfExchanges(written) }
    let isHeartbeat = probe?.kind == .heartbeat
    if isHeartbeat { heartbeatSaysNothingOfProbes(written) }
    let entries = merged.map { entry -> YAMLNode.Entry in
      if Self.isLate(entry.name) || entry.name != CheckKeys.heartbeat.name && Self.kinds[entry.name] != nil {
        return entry
      }
      return .init(key: entry.key, value: compiler.known(entry.value))
    }
    registry.add(entries)
    // What `defaults` say of exchanges is not for journeys, and what they say of probes not for heartbeats.
    let runnable = entries.filter { entry in
      isRunnable(entry.name) && entry.key !== unknown && !(isJourney && CheckKeys.ofExchange.contains(entry.name))
        && !(isHeartbeat && HeartbeatKeys.foreign.contains(entry.name))
    }
    guard let section = Section(node.replacing(.mapping(runnable), isRendered: false), CheckKeys.table, reader) else {
      return nil
    }
    let id = section(CheckKeys.id)
    let idNode = section.entry(CheckKeys.id.name)?.value ?? node
    let traits = Traits(section)
    guard let usable = id ?? Self.standIn else { return nil }
    let check = self.check(section, id: usable, at: idNode, kind: probe?.kind ?? .http)
    guard let probe, isRunnable(probe.kind.rawValue) else {
      // What is expected cannot be compiled without knowing of what, and its form is read all the same.
      _ = (section(JudgingKeys.expect), section(JudgingKeys.warn), section(JudgingKeys.until))
      return nil
    }
    let assembled =
      switch probe.kind {
      case .journey: journey(check, traits, section, probe.entry, compiler, reader)
      case .heartbeat: heartbeat(check, section, compiler)
      default: assemble(check, traits, section, probe.entry, compiler)
      }
    return id == nil ? nil : assembled
  }

  private func journey(
    _ check: Check, _ traits: Traits, _ section: Section, _ entry: YAMLNode.Entry, _ compiler: ScopeCompiler,
    _ reader: Reader
  ) -> ScenarioCheck? {
    let decoded = journeys.decode(
      entry, checkVariables: section(CheckKeys.variables) ?? [], checkCompiler: compiler,
      isSensitive: traits.isSensitive, reader)
    guard let decoded else { return nil }
    var check = check
    check.host = decoded.host
    return ScenarioCheck(
      check: check, journey: decoded.journey, propagatesTrace: traits.propagatesTrace, variables: decoded.variables)
  }

  /// Nothing is run: the journey is empty.
  private func heartbeat(_ check: Check, _ section: Section, _ compiler: ScopeCompiler) -> ScenarioCheck? {
    guard let heartbeat = section(CheckKeys.heartbeat) else { return nil }
    var check = check
    check.heartbeat = heartbeat
    return ScenarioCheck(
      check: check, journey: Journey(steps: [], frames: [JourneyFrame(variables: compiler.scope)]),
      propagatesTrace: false, variables: compiler.scope)
  }

  private func heartbeatSaysNothingOfProbes(_ written: [YAMLNode.Entry]) {
    for entry in written where HeartbeatKeys.foreign.contains(entry.name) {
      sink.error(
        "'\(entry.name)' has no meaning beside 'heartbeat'", at: entry.key,
        notes: [.init(HeartbeatKeys.reason(against: entry.name))])
    }
  }

  /// What must hold of an answer is said by the step that gets it.
  private func checkSaysNothingOfExchanges(_ written: [YAMLNode.Entry]) {
    for entry in written where CheckKeys.ofExchange.contains(entry.name) {
      sink.error(
        "'\(entry.name)' belongs to a step of the journey, not beside it", at: entry.key,
        notes: entry.name == CheckKeys.measure.name
          ? [] : [.init("what is known without an exchange is judged by a step `- assert: […]`")])
    }
  }

  /// What a check says of its runs, beside what `Check` holds.
  private struct Traits {
    let propagatesTrace: Bool
    let isSensitive: Bool

    init(_ section: Section) {
      propagatesTrace = section(CheckKeys.trace) ?? true
      isSensitive = section(CheckKeys.sensitive) ?? false
    }
  }

  /// For a check whose id is faulty: the rest of it is read all the same, so that its other problems are told too.
  private static let standIn = CheckID("faulty-id")

  /// Keys whose values are not needed before a run, or are expressions, or are resolved elsewhere.
  private static func isLate(_ name: String) -> Bool {
    name == JudgingKeys.expect.name || name == JudgingKeys.warn.name || name == JudgingKeys.until.name
      || name == CheckKeys.variables.name || name == CheckKeys.measure.name
  }

  private func isRunnable(_ name: String) -> Bool {
    Self.kinds[name].map { $0 == .journey || $0 == .heartbeat || ProbeDecoder.entry(for: $0) != nil } ?? true
  }

  /// The one probe of a check. One that this version cannot run is told, and the rest of the check read all the same;
  /// where there is none, the key that is told of instead.
  private func probe(
    _ entries: [YAMLNode.Entry], at node: YAMLNode
  ) -> (probe: (kind: ProbeKind, entry: YAMLNode.Entry)?, unknown: YAMLNode?) {
    let probes = entries.compactMap { entry in Self.kinds[entry.name].map { (kind: $0, entry: entry) } }
    guard let first = probes.first else {
      let unknown = entries.first { !CheckKeys.table.contains($0.name) }
      sink.error(
        unknown.map { "unknown key '\($0.name.shortened)' in 'check', which needs a probe" }
          ?? "the check has no probe", at: unknown?.key ?? node, allowed: Self.supported,
        suggestion: unknown.flatMap { Suggestion.nearest(to: $0.name, among: Self.supported) })
      return (nil, unknown?.key)
    }
    for other in probes.dropFirst() {
      sink.error(
        "'\(other.entry.name)' excludes '\(first.entry.name)': a check has exactly one probe", at: other.entry.key,
        allowed: Self.supported)
    }
    for probe in probes where !isRunnable(probe.kind.rawValue) {
      sink.error(
        "'\(probe.kind.rawValue)' checks are not supported by this version of curlew", at: probe.entry.key,
        allowed: Self.supported)
    }
    return (first, nil)
  }

  /// The check's own keys, and those of `defaults` that it leaves open; labels of both are joined.
  private func merged(_ written: [YAMLNode.Entry]) -> [YAMLNode.Entry] {
    guard case .mapping(let common)? = defaults?.content else { return written }
    var entries = written
    for entry in common where CheckKeys.defaults.contains(entry.name) {
      guard let index = entries.firstIndex(where: { $0.name == entry.name }) else {
        entries.append(entry)
        continue
      }
      let own = entries[index]
      guard entry.name == CheckKeys.labels.name, case .mapping(let labels) = own.value.content,
        case .mapping(let commonLabels) = entry.value.content
      else { continue }
      let names = Set(labels.map(\.name))
      let joined = labels + commonLabels.filter { !names.contains($0.name) }
      entries[index] = .init(key: own.key, value: own.value.replacing(.mapping(joined), isRendered: false))
    }
    return entries
  }

  private func check(_ section: Section, id: CheckID, at idNode: YAMLNode, kind: ProbeKind) -> Check {
    let interval = section(CheckKeys.every)
    let timeout = section(CheckKeys.timeout)
    let effective = interval ?? Check.standardInterval
    if let timeout, timeout > effective, let entry = section.entry(CheckKeys.timeout.name),
      interval != nil || !section.has(CheckKeys.every)
    {
      let note =
        section.entry(CheckKeys.every.name).map {
          Diagnostic.Note("'every' is written here", excerpt: $0.value.excerpt)
        }
        ?? Diagnostic.Note("'every' is \(Units.text(of: effective)) where nothing is written")
      sink.error(
        "timeout \(Units.text(of: timeout)) is longer than every \(Units.text(of: effective))", at: entry.value,
        notes: [note])
    }
    let labels = Dictionary((section(CheckKeys.labels) ?? []).map { ($0.name, $0.value) }) { first, _ in first }
    let name = section(CheckKeys.name)
    let movedFrom = section(CheckKeys.movedFrom)
    let group = section(CheckKeys.group)
    let regions = section(CheckKeys.regions)
    let quorum = section(CheckKeys.quorum)
    if let quorum, let regions, let entry = section.entry(CheckKeys.quorum.name) {
      quorum.check(against: regions, at: entry.value, sink)
    }
    let isEnabled = section(CheckKeys.enabled) ?? true
    let retry = section(CheckKeys.retry) ?? .none
    let objective = section(CheckKeys.objective) ?? .standard
    let dependsOn = section(CheckKeys.dependsOn) ?? []
    registry.add(dependencies: dependsOn, of: id)
    if movedFrom == id, let entry = section.entry(CheckKeys.movedFrom.name) {
      sink.error("a check cannot be moved from its own id '\(id)'", at: entry.value)
    }
    return Check(
      id: id, name: name, movedFrom: movedFrom, group: group, labels: labels, kind: kind, interval: effective,
      timeout: timeout ?? min(kind == .journey ? Check.standardJourneyTimeout : Check.standardTimeout, effective),
      regions: regions, quorum: quorum ?? .standard, isEnabled: isEnabled, retry: retry, objective: objective,
      incidents: IncidentPolicy(section),
      dependsOn: dependsOn.map(\.id).uniqued, location: idNode.location)
  }

  private func assemble(
    _ check: Check, _ traits: Traits, _ section: Section, _ entry: YAMLNode.Entry, _ compiler: ScopeCompiler
  ) -> ScenarioCheck? {
    var check = check
    let builder = ProbeBuilder(compiler: compiler, sink: sink, folder: folder, surroundings: surroundings)
    let expectations = builder.expectations(section, entry, kind: check.kind)
    let measures = builder.measures(
      section(CheckKeys.measure), kind: builder.factKind(entry, kind: check.kind))
    let probe = builder.probe(entry, kind: check.kind)
    if let spec = probe.spec, probe.isSound, section(CheckKeys.timeout) != nil || !section.has(CheckKeys.timeout) {
      checkFits(spec, in: check, entry, probe.skeleton, section)
    }
    guard let template = probe.template else { return nil }
    check.host = probe.host
    let step = Step(
      name: check.id.text, kind: check.kind, probe: template, expectations: expectations,
      retry: section.has(CheckKeys.retry) ? check.retry : nil, folder: folder, isSensitive: traits.isSensitive)
    return ScenarioCheck(
      check: check, journey: Journey(step, measures: measures, variables: compiler.scope),
      propagatesTrace: traits.propagatesTrace, variables: compiler.scope)
  }

  /// Packets that leave after the deadline would count as lost.
  private func checkFits(
    _ spec: ProbeSpec, in check: Check, _ probe: YAMLNode.Entry, _ skeleton: YAMLNode, _ section: Section
  ) {
    guard case .icmp(let icmp) = spec, icmp.count > 1 else { return }
    let written = [ICMPKeys.count.name, ICMPKeys.spacing.name].compactMap { skeleton.entry(named: $0)?.value }
    guard !written.contains(where: \.isPending) else { return }
    let needed = icmp.spacing * (icmp.count - 1)
    guard needed >= check.timeout else { return }
    let note =
      section.entry(CheckKeys.timeout.name).map {
        Diagnostic.Note("'timeout' is written here", excerpt: $0.value.excerpt)
      } ?? Diagnostic.Note("'timeout' is \(Units.text(of: check.timeout)) where nothing is written")
    sink.error(
      "\(icmp.count) packets, one every \(Units.text(of: icmp.spacing)), take \(Units.text(of: needed)): "
        + "as long as timeout \(Units.text(of: check.timeout)) or longer",
      at: skeleton.entry(named: ICMPKeys.count.name)?.value ?? probe.key, notes: [note])
  }
}

extension Check {
  /// Where no `every` is written.
  static let standardInterval = Duration.seconds(60)
  /// Where no `timeout` is written.
  static let standardTimeout = Duration.seconds(10)
  /// The same, for all steps of a journey.
  static let standardJourneyTimeout = Duration.seconds(60)
}
