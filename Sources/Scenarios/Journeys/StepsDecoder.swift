import Documents
import Expressions
import Model

/// Reads the entries of one journey or of one fragment, in order: each sees what those before it have brought.
final class StepsDecoder {
  private let compiler: ScopeCompiler
  private let fragments: FragmentDecoder
  private let reader: Reader
  private let sink: DiagnosticSink
  private let builder: ProbeBuilder
  /// Names of steps and of uses, and where they were given.
  private var taken: [String: YAMLNode] = [:]
  private var counts: [String: Int] = [:]
  /// Variables that have a value here.
  private var known: Set<String>
  private var isCleanup = false
  /// Whether all that the entries bring is known: false after a use of a fragment that could not be read as a whole.
  private(set) var isComplete = true
  /// What captures have given so far, those of fragments among them.
  private(set) var captured: [String: ValueType] = [:]
  /// The same, and what `set` has given.
  private(set) var given: [String: ValueType] = [:]

  private static let probeKinds = Dictionary(ProbeKind.written.map { ($0.rawValue, $0) }) { first, _ in first }
  private static let supported = CheckKeys.probes.map(\.name) + StepKeys.actions

  /// - Parameters:
  ///   - known: variables that have a value before the first step.
  ///   - reader: of the file that the steps stand in.
  init(compiler: ScopeCompiler, fragments: FragmentDecoder, known: Set<String>, reader: Reader) {
    self.compiler = compiler
    self.fragments = fragments
    self.known = known
    self.reader = reader
    sink = reader.sink
    builder = ProbeBuilder(
      compiler: compiler, sink: reader.sink, folder: reader.folder, surroundings: reader.surroundings)
  }

  /// The entries of `steps`; those with faults are left out.
  func steps(_ nodes: [YAMLNode]) -> [StepEntry] { nodes.compactMap(entry) }

  /// The entries of `finally`, which see all that any step may have brought.
  func cleanup(_ nodes: [YAMLNode]) -> [StepEntry] {
    isCleanup = true
    for (name, type) in given {
      let written = known.contains(name) ? compiler.types[name] : nil
      compiler.learn(name, written.map { $0.joined(with: type) } ?? type)
    }
    return nodes.compactMap(entry)
  }

  // MARK: Entries

  private func entry(_ node: YAMLNode) -> StepEntry? {
    guard case .mapping(let written) = node.content else {
      sink.error("expected a step, found \(node.foundText)", at: node, allowed: Self.supported)
      return nil
    }
    let entries = written.map { entry -> YAMLNode.Entry in
      if Self.probeKinds[entry.name] != nil || StepKeys.late.contains(entry.name) { return entry }
      let value = compiler.constant(entry.value) ?? entry.value.replacing(.pending(.dyn), isRendered: true)
      return .init(key: entry.key, value: value)
    }
    let actions = entries.filter { Self.probeKinds[$0.name] != nil || StepKeys.actions.contains($0.name) }
    guard let action = actions.first else {
      missingAction(entries, at: node)
      return nil
    }
    for other in actions.dropFirst() {
      sink.error(
        "'\(other.name)' excludes '\(action.name)': a step does exactly one thing", at: other.key,
        allowed: Self.supported)
    }
    let only = entries.filter { entry in entry.key === action.key || !actions.contains { $0.key === entry.key } }
    func section(_ table: SectionTable) -> Section? {
      Section(node.replacing(.mapping(only), isRendered: false), table, reader)
    }
    switch action.name {
    case StepKeys.pause.name: return section(StepKeys.pauseTable).flatMap { pause($0, at: action) }
    case StepKeys.set.name: return section(StepKeys.setTable).flatMap { set($0, at: action) }
    case StepKeys.assert.name: return section(StepKeys.assertTable).flatMap { assert($0, at: action) }
    case StepKeys.use.name: return section(StepKeys.useTable).flatMap { use($0, at: action) }
    default:
      guard let kind = Self.probeKinds[action.name] else { return nil }
      guard ProbeDecoder.entry(for: kind) != nil else {
        sink.error(
          kind == .journey
            ? "a step cannot be a journey: steps that several journeys share are a fragment"
            : "'\(kind.rawValue)' steps are not supported by this version of curlew", at: action.key,
          allowed: Self.supported)
        forgive(only)
        return nil
      }
      return section(StepKeys.probeTable).flatMap { probe($0, kind, action) }
    }
  }

  private func missingAction(_ entries: [YAMLNode.Entry], at node: YAMLNode) {
    let unknown = entries.first { !StepKeys.probeTable.contains($0.name) }
    sink.error(
      unknown.map { "unknown key '\($0.name.shortened)' in a step, which needs a probe" }
        ?? "the step has no probe, and is no 'pause', 'set', 'assert' or 'use'", at: unknown?.key ?? node,
      allowed: Self.supported,
      suggestion: unknown.flatMap { Suggestion.nearest(to: $0.name, among: Self.supported) })
    forgive(entries)
  }

  /// What is read from a step with a fault is not told to be wrong too.
  private func forgive(_ entries: [YAMLNode.Entry]) {
    guard let name = entries.first(where: { $0.name == StepKeys.step.name })?.value.scalarText else { return }
    compiler.learn(step: name, .dyn)
  }

  private func probe(_ section: Section, _ kind: ProbeKind, _ entry: YAMLNode.Entry) -> StepEntry? {
    let name = section(StepKeys.step)
    if let name, let written = section.entry(StepKeys.step.name)?.value { take(name, at: written) }
    compiler.begin(step: name)
    let condition = condition(section)
    let continues = section(StepKeys.continues) ?? false
    let built = builder.probe(entry, kind: kind)
    let factKind = builder.factKind(entry, kind: kind)
    // In the order of the run: exchange, captures, expectations.
    let captures = assignments(
      section(StepKeys.capture), kind: factKind, isCapture: true, isCertain: condition == nil && !continues)
    let expectations = builder.expectations(section, entry, kind: kind)
    let measures = builder.measures(section(StepKeys.measure), kind: factKind)
    let (retry, timeout) = (section(StepKeys.retry), section(StepKeys.timeout))
    let isSensitive = section(StepKeys.sensitive)
    compiler.begin(step: nil)
    guard let name else { return nil }
    compiler.learn(step: name, .record(name: "steps.\(name)", fields: FactDeclarations.facts(of: factKind)))
    guard let template = built.template else { return nil }
    let step = Step(
      name: name, kind: kind, probe: template, expectations: expectations, retry: retry, folder: reader.folder,
      isSensitive: isSensitive ?? false)
    return StepEntry(
      content: .step(
        JourneyStep(
          name: name, condition: condition, action: .probe(step), captures: captures, measures: measures,
          continues: continues, timeout: timeout, frame: 0, origin: entry.key)),
      isSensitive: isSensitive, host: built.host)
  }

  private func pause(_ section: Section, at action: YAMLNode.Entry) -> StepEntry? {
    let name = name(section, at: action)
    let condition = condition(section)
    let (tree, isWhole) = compiler.tree(action.value)
    // Said now, where it is known now.
    _ = PauseTemplate.form.read(tree.skeleton, reader)
    guard isWhole else { return nil }
    return entry(name, section, condition, .pause(PauseTemplate(tree)), at: action)
  }

  private func set(_ section: Section, at action: YAMLNode.Entry) -> StepEntry? {
    let name = name(section, at: action)
    let condition = condition(section)
    let isCertain = condition == nil && section(StepKeys.continues) != true
    let fields = section(StepKeys.set)
    if fields?.isEmpty == true, case .mapping(let written) = action.value.content, written.isEmpty {
      sink.error("'set' computes no variable", at: action.value)
    }
    let assignments = assignments(fields, kind: nil, isCapture: false, isCertain: isCertain)
    return entry(name, section, condition, .set(assignments), at: action)
  }

  private func assert(_ section: Section, at action: YAMLNode.Entry) -> StepEntry? {
    let name = name(section, at: action)
    let condition = condition(section)
    let nodes = section(StepKeys.assert)
    if case .sequence(let written) = action.value.content, written.isEmpty {
      sink.error("'assert' has no expression", at: action.value)
    }
    let expectations = (nodes ?? []).compactMap { node in
      compiler.expectation(node, kind: nil).map {
        Expectation(kind: .expect, expression: $0, isDefault: false, node: node)
      }
    }
    return entry(name, section, condition, .assert(expectations), at: action)
  }

  private func entry(
    _ name: String, _ section: Section, _ condition: WrittenExpression?, _ content: JourneyStep.Action,
    at action: YAMLNode.Entry
  ) -> StepEntry {
    let isSensitive = section(StepKeys.sensitive)
    return StepEntry(
      content: .step(
        JourneyStep(
          name: name, condition: condition, action: content, continues: section(StepKeys.continues) ?? false, frame: 0,
          origin: action.key)), isSensitive: isSensitive)
  }

  // MARK: Fragments

  private func use(_ section: Section, at action: YAMLNode.Entry) -> StepEntry? {
    let condition = condition(section)
    guard let name = section(StepKeys.use) else { return nil }
    let written = section(StepKeys.prefix)
    let number = counts[name, default: 0] + 1
    if written == nil { counts[name] = number }
    let prefix = written ?? (number == 1 ? name : "\(name)-\(number)")
    take(prefix, at: section.entry(StepKeys.prefix.name)?.value ?? action.value, isUse: true)
    var trees: [String: TemplateTree] = [:]
    for (parameter, node) in section(StepKeys.with) ?? [] { trees[parameter] = compiler.tree(node).tree }
    guard let fragment = fragments.fragment(name, at: action.value) else {
      compiler.learn(step: prefix, .dyn)
      isComplete = false
      return nil
    }
    isComplete = isComplete && fragment.isWhole
    compare(Array(trees.keys), with: fragment, section, at: action)
    for (output, type) in fragment.outputs.sorted(by: { $0.key < $1.key }) {
      give(output, type, isCapture: true, isCertain: false)
    }
    compiler.learn(step: prefix, .record(name: "steps.\(prefix)", fields: fragment.steps))
    return StepEntry(
      content: .use(FragmentUse(fragment: fragment, prefix: prefix, condition: condition, parameters: trees)))
  }

  /// Whether each parameter is given, and nothing else.
  private func compare(_ given: [String], with fragment: Fragment, _ section: Section, at action: YAMLNode.Entry) {
    let note = Diagnostic.Note("the fragment is written here", excerpt: fragment.node.excerpt)
    let missing = fragment.parameters.filter { !given.contains($0) }
    if !missing.isEmpty {
      let names = missing.map { "'\($0)'" }.joined(separator: ", ")
      sink.error(
        "fragment '\(fragment.name)' needs \(names) under 'with'",
        at: section.entry(StepKeys.with.name)?.key ?? action.value,
        notes: [note])
    }
    guard case .mapping(let entries)? = section.entry(StepKeys.with.name)?.value.content else { return }
    for entry in entries where given.contains(entry.name) && !fragment.parameters.contains(entry.name) {
      sink.error(
        "fragment '\(fragment.name)' has no parameter '\(entry.name)'", at: entry.key, notes: [note],
        allowed: fragment.parameters, suggestion: Suggestion.nearest(to: entry.name, among: fragment.parameters))
    }
  }

  // MARK: Names and values

  /// The name of an entry that may go without.
  private func name(_ section: Section, at action: YAMLNode.Entry) -> String {
    if let written = section(StepKeys.name), let node = section.entry(StepKeys.name.name)?.value {
      take(written, at: node)
      return written
    }
    // Several of one kind are told apart by their number.
    let number = counts["\(action.name) ", default: 0] + 1
    counts["\(action.name) "] = number
    let name = "\(action.name)-\(number)"
    take(name, at: action.key)
    return name
  }

  private func take(_ name: String, at node: YAMLNode, isUse: Bool = false) {
    if let first = taken[name] {
      sink.error(
        "step '\(name)' stands twice: names are unique over 'steps' and 'finally'", at: node,
        notes: [.init("it was first given here", excerpt: first.excerpt)]
          + (isUse ? [.init("`as: NAME` gives the steps of a fragment another name")] : []))
    } else {
      taken[name] = node
    }
  }

  private func condition(_ section: Section) -> WrittenExpression? {
    guard let node = section(StepKeys.when) else { return nil }
    return compiler.expectation(node, kind: nil).map { WrittenExpression($0, at: node) }
  }

  private func assignments(
    _ fields: Fields<YAMLNode>?, kind: ProbeKind?, isCapture: Bool, isCertain: Bool
  ) -> [Assignment] {
    (fields ?? []).compactMap { name, node in
      let expression = compiler.expression(node, kind: kind)
      give(name, expression?.type ?? .dyn, isCapture: isCapture, isCertain: isCertain)
      return expression.map { Assignment(name: name, expression: WrittenExpression($0, at: node)) }
    }
  }

  /// From here on the variable has, or may have, another value.
  ///
  /// - Parameter isCertain: whether the steps after it run only if it has.
  private func give(_ name: String, _ type: ValueType, isCapture: Bool, isCertain: Bool) {
    let before = known.contains(name) || given[name] != nil ? compiler.types[name] : nil
    given[name] = given[name].map { $0.joined(with: type) } ?? type
    if isCapture { captured[name] = captured[name].map { $0.joined(with: type) } ?? type }
    compiler.learn(name, isCertain && !isCleanup ? type : before.map { $0.joined(with: type) } ?? type)
  }
}
