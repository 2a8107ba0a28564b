import Documents
import Expressions
package import Model

/// A probe as written: ready when everything in it is constant, else rendered anew at each attempt.
package struct ProbeTemplate: Sendable {
  /// Which kind of probe.
  package let kind: ProbeKind
  /// What the prober is given, when no run can change it.
  package let fixed: ProbeSpec?
  /// The module that judges what was seen, beside what is expected of it; nil for a probe that is written out.
  package let module: (any ProbeModule)?
  private let tree: TemplateTree
  private let owner: YAMLNode
  private let folder: String
  private let surroundings: Surroundings

  init(
    kind: ProbeKind, fixed: ProbeSpec?, module: (any ProbeModule)?, tree: TemplateTree, owner: YAMLNode,
    folder: String, surroundings: Surroundings
  ) {
    self.kind = kind
    self.fixed = fixed
    self.module = module
    self.tree = tree
    self.owner = owner
    self.folder = folder
    self.surroundings = surroundings
  }

  /// The key that names the probe.
  var origin: SourceExcerpt { owner.excerpt }

  /// What the prober is given in this run.
  ///
  /// - Throws: what could not be evaluated, or what was evaluated to something that cannot be sent. Nothing was sent then.
  package func spec(in scope: RunScope) throws(TemplateFailure) -> ProbeSpec {
    if let fixed { return fixed }
    let node = try tree.rendered(scope.bindings())
    if let key = node.judgingKey {
      throw TemplateFailure(message: JudgingKeys.mustBeWritten(key), excerpt: node.excerpt)
    }
    let sink = DiagnosticSink()
    let reader = Reader(phase: .run, sink: sink, folder: folder, surroundings: surroundings)
    let spec = ProbeDecoder.decode(kind, node, owner: owner, reader)
    if let fault = sink.diagnostics.first {
      throw TemplateFailure(message: fault.message, excerpt: fault.excerpt ?? owner.excerpt)
    }
    guard let spec else { throw TemplateFailure(message: "'\(kind)' gave nothing to send", excerpt: owner.excerpt) }
    return spec
  }
}
