import Documents
import Expressions
import Model

/// Compiles a probe and what is expected of it: the same for a plain check and for a step of a journey.
struct ProbeBuilder {
  /// A probe as it is compiled.
  struct Built {
    /// Nil after a fault in a template.
    let template: ProbeTemplate?
    /// As far as it is known before any run.
    let spec: ProbeSpec?
    /// What it was read from.
    let skeleton: YAMLNode
    /// The host that it talks to, where that is known.
    let host: String?
    /// Whether no fault was found.
    let isSound: Bool
  }

  let compiler: ScopeCompiler
  let sink: DiagnosticSink
  let folder: String
  let surroundings: Surroundings

  /// What is sent.
  func probe(_ entry: YAMLNode.Entry, kind: ProbeKind) -> Built {
    // One of its own, because it remembers whether anything waits for the run.
    let reader = Reader(phase: .load, sink: sink, folder: folder, surroundings: surroundings)
    let (body, answers) = DialogueGroups.kept(in: entry.value, kind: kind)
    let problems = sink.count
    let (tree, isWhole) = compiler.tree(body.withoutJudging, doublingDollarsIn: answers)
    let skeleton = tree.skeleton
    let spec = ProbeDecoder.decode(kind, skeleton, owner: entry.key, reader)
    if let key = skeleton.judgingKey { sink.error(JudgingKeys.mustBeWritten(key), at: entry.value) }
    let module = kind == .module ? self.module(entry) : nil
    // The files that a module names are read at each probe.
    let isFixed = module == nil && tree.isFixed && !reader.waitsForRun
    let template = ProbeTemplate(
      kind: kind, fixed: isFixed ? spec : nil, module: module, tree: tree, owner: entry.key, folder: folder,
      surroundings: surroundings)
    return Built(
      template: isWhole ? template : nil, spec: spec, skeleton: skeleton, host: spec?.host ?? compiler.host(of: tree),
      isSound: isWhole && sink.count == problems)
  }

  private func module(_ entry: YAMLNode.Entry) -> (any ProbeModule)? {
    entry.value.moduleName.flatMap { surroundings.capabilities.modules.module(named: $0) }
  }

  /// The kind whose facts expressions see: for a module, that of its prober.
  func factKind(_ entry: YAMLNode.Entry, kind: ProbeKind) -> ProbeKind {
    kind == .module ? module(entry)?.kind ?? kind : kind
  }

  /// The lists in the probe and beside it, joined; the default expectation where nothing must hold.
  func expectations(_ section: Section, _ probe: YAMLNode.Entry, kind: ProbeKind) -> [Expectation] {
    let factKind = factKind(probe, kind: kind)
    func list(_ key: Key<[YAMLNode]>, _ word: ExpectationResult.Kind) -> [Expectation] {
      let inside = probe.value.entry(named: key.name).flatMap { key.form.read($0.value, section.reader) } ?? []
      return (inside + (section(key) ?? [])).compactMap { node in
        compiler.expectation(node, kind: factKind).map {
          Expectation(kind: word, expression: $0, isDefault: false, node: node)
        }
      }
    }
    var expected = list(JudgingKeys.expect, .expect)
    let isWritten = probe.value.entry(named: JudgingKeys.expect.name) != nil || section.has(JudgingKeys.expect)
    if !isWritten {
      expected = FactDeclarations.defaultExpectations(of: kind).compactMap { standard in
        guard case .success(let expression) = compiler.compiled(standard.source, kind: factKind) else { return nil }
        return Expectation(
          kind: standard.kind, expression: expression, isDefault: true, format: standard.format, node: probe.key)
      }
    }
    return expected + list(JudgingKeys.until, .until) + list(JudgingKeys.warn, .warn)
  }

  /// Numbers that are exported.
  func measures(_ fields: Fields<YAMLNode>?, kind: ProbeKind) -> [Assignment] {
    (fields ?? []).compactMap { name, node in
      compiler.expression(node, kind: kind, giving: "a number", where: { [.int, .uint, .double].contains($0) })
        .map { Assignment(name: name, expression: WrittenExpression($0, at: node)) }
    }
  }
}

extension YAMLNode {
  /// The first of `expect`, `warn` and `until` in a probe that templates gave, where nobody would compile it.
  var judgingKey: String? {
    JudgingKeys.all.map(\.name).first { entry(named: $0) != nil }
  }

  /// A probe's map without `expect`, `warn` and `until`, which hold expressions and no templates.
  fileprivate var withoutJudging: YAMLNode {
    guard case .mapping(let entries) = content else { return self }
    let names = JudgingKeys.all.map(\.name)
    let kept = entries.filter { !names.contains($0.name) }
    return kept.count == entries.count ? self : replacing(.mapping(kept), isRendered: isRendered)
  }
}
