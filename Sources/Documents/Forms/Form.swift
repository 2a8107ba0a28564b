package import Expressions
import Model

/// How one value is read, and what it may look like.
package struct Form<Value>: Sendable {
  /// What the value may look like, for the schema.
  package let schema: SchemaForm
  /// Nil after a fault, which the reader was told, and for a template that waits for the run.
  private let body: @Sendable (YAMLNode, Reader) -> Value?

  /// - Parameter body: reads a node that is no template; nil means that it told the reader of a fault.
  package init(_ schema: SchemaForm, _ body: @escaping @Sendable (YAMLNode, Reader) -> Value?) {
    self.schema = schema
    self.body = body
  }

  /// Reads a node.
  package func read(_ node: YAMLNode, _ reader: Reader) -> Value? {
    if case .pending(let type) = node.content {
      reader.wait(for: type, schema, at: node)
      return nil
    }
    return body(node, reader)
  }

  /// The same form, its value taken further; nil from `transform` means that it told the reader of a fault.
  package func map<Other>(
    schema: SchemaForm? = nil, _ transform: @escaping @Sendable (Value, YAMLNode, Reader) -> Other?
  ) -> Form<Other> {
    Form<Other>(schema ?? self.schema) { node, reader in
      guard let value = body(node, reader) else { return nil }
      return transform(value, node, reader)
    }
  }
}

/// What forms need while they read: where faults go, and which folder paths start from.
package final class Reader {
  /// When the reading happens.
  package enum Phase {
    /// Faults in what is written are diagnostics; what depends on templates waits.
    case load
    /// Every template is rendered; any fault fails the step.
    case run
  }

  /// When the reading happens.
  package let phase: Phase
  /// Where faults go.
  package let sink: DiagnosticSink
  /// Where relative paths start from.
  package let folder: String
  /// What the file system and the program around can do.
  package let surroundings: Surroundings
  /// Whether something can only be told at the run: a template, or a fault in what a template gave.
  package private(set) var waitsForRun = false

  /// A reader that has met no template yet.
  package init(phase: Phase, sink: DiagnosticSink, folder: String, surroundings: Surroundings) {
    self.phase = phase
    self.sink = sink
    self.folder = folder
    self.surroundings = surroundings
  }

  /// Where paths lead.
  package var files: any DocumentFiles { surroundings.files }

  /// Takes note of a fault. One in what a template gave is a fault of the run, when it is found at load.
  package func fault(
    _ message: String, at node: YAMLNode, notes: [String] = [], allowed: [String] = [], suggestion: String? = nil
  ) {
    if phase == .load, node.isRendered {
      waitsForRun = true
      return
    }
    sink.error(message, at: node, notes: notes.map { .init($0) }, allowed: allowed, suggestion: suggestion)
  }

  /// Takes note of a template that waits for the run, and of one whose type can never do.
  package func wait(for type: ValueType, _ schema: SchemaForm, at node: YAMLNode) {
    waitsForRun = true
    guard let wanted = schema.wanted, !wanted.accepts(type) else { return }
    sink.error("expected \(wanted.rawValue), and this template gives \(type)", at: node)
  }
}

extension SchemaForm {
  /// The coarse kinds of values, in words.
  fileprivate enum Wanted: String {
    case scalar = "a single value"
    case list = "a list"
    case map = "a map"

    func accepts(_ type: ValueType) -> Bool {
      switch type {
      case .dyn: true
      case .list: self == .list
      case .map, .record: self == .map
      default: self == .scalar
      }
    }
  }

  /// Which coarse kind this is; nil where several may stand.
  fileprivate var wanted: Wanted? {
    switch self {
    case .anything, .anyOf: nil
    case .text, .integer, .number, .boolean, .choice: .scalar
    case .list: .list
    case .map, .section: .map
    }
  }
}

extension YAMLNode {
  /// A scalar as text, numbers and booleans as they are written; nil for nothing, lists and maps.
  package var scalarText: String? {
    switch content {
    case .scalar(let text, let isPlain):
      if isPlain, CoreSchema.value(ofPlain: text) == .null { return nil }
      return text
    case .value(.null): return nil
    case .value(let value): return try? value.text()
    case .sequence, .mapping, .pending: return nil
    }
  }

  /// What it is, in words for "found …".
  package var foundText: String {
    switch content {
    case .sequence: "a list"
    case .mapping: "a map"
    case .scalar(let text, isPlain: false): "the text '\(text.escaped)'"
    case .scalar, .value: scalarText.map { "'\($0.escaped)'" } ?? "nothing"
    case .pending: "a template"
    }
  }
}

extension String {
  /// At most 60 characters, for quoting in a message.
  package var shortened: String {
    count <= 60 ? self : prefix(59) + "…"
  }
}
