import Documents
import Expressions
package import Model

/// A probe as written: ready when everything in it is constant, else rendered anew at each attempt.
package struct ProbeTemplate: Sendable {
  /// Which kind of probe.
  package let kind: ProbeKind
  /// The module that judges what was seen, beside what is expected of it; nil for a probe that is written out.
  package let module: (any ProbeModule)?
  private let content: Content
  private let owner: YAMLNode

  /// What gives the spec. One that no run can change lets go of the text that it was read from: there may be tens of
  /// thousands of them.
  private enum Content {
    case fixed(ProbeSpec)
    indirect case rendered(TemplateTree, folder: String, Surroundings)
  }

  /// - Parameter fixed: what the prober is given, when no run can change it; nil for what is rendered from `tree`.
  init(
    kind: ProbeKind, fixed: ProbeSpec?, module: (any ProbeModule)?, tree: TemplateTree, owner: YAMLNode,
    folder: String, surroundings: Surroundings
  ) {
    self.kind = kind
    self.module = module
    self.owner = owner
    content = fixed.map { .fixed($0) } ?? .rendered(tree, folder: folder, surroundings)
  }

  /// What the prober is given, when no run can change it.
  package var fixed: ProbeSpec? {
    if case .fixed(let spec) = content { spec } else { nil }
  }

  /// The key that names the probe.
  var origin: YAMLNode { owner }

  /// What the prober is given in this run.
  ///
  /// - Throws: what could not be evaluated, or what was evaluated to something that cannot be sent. Nothing was sent then.
  package func spec(in scope: RunScope) throws(TemplateFailure) -> ProbeSpec {
    let node: YAMLNode
    let reader: Reader
    let sink = DiagnosticSink()
    switch content {
    case .fixed(let spec): return spec
    case .rendered(let tree, let folder, let surroundings):
      node = try tree.rendered(scope.bindings())
      reader = Reader(phase: .run, sink: sink, folder: folder, surroundings: surroundings)
    }
    if let key = node.judgingKey {
      throw TemplateFailure(message: JudgingKeys.mustBeWritten(key), excerpt: node.excerpt)
    }
    let spec = ProbeDecoder.decode(kind, node, owner: owner, reader)
    if let fault = sink.diagnostics.first {
      throw TemplateFailure(message: fault.message, excerpt: fault.excerpt ?? owner.excerpt)
    }
    guard let spec else { throw TemplateFailure(message: "'\(kind)' gave nothing to send", excerpt: owner.excerpt) }
    return spec
  }
}
