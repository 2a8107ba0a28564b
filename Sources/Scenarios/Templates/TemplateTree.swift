import Documents
import Expressions
import Model

/// A part of a file with its templates compiled: rendered as often as needed, decoded by the same decoder each time.
indirect enum TemplateTree: Sendable {
  /// Without a template in it, or with nothing in them but constants: ready.
  case fixed(YAMLNode)
  case template(NodeTemplate)
  case sequence([TemplateTree], YAMLNode)
  case mapping([(key: YAMLNode, value: TemplateTree)], YAMLNode)

  /// Whether there is nothing left to render.
  var isFixed: Bool {
    if case .fixed = self { true } else { false }
  }

  /// The nodes with every template evaluated anew.
  func rendered(_ bindings: some Bindings) throws(TemplateFailure) -> YAMLNode {
    switch self {
    case .fixed(let node): return node
    case .template(let template): return try template.rendered(bindings)
    case .sequence(let items, let node):
      var rendered: [YAMLNode] = []
      rendered.reserveCapacity(items.count)
      for item in items { rendered.append(try item.rendered(bindings)) }
      return node.replacing(.sequence(rendered), isRendered: node.isRendered)
    case .mapping(let entries, let node):
      var rendered: [YAMLNode.Entry] = []
      rendered.reserveCapacity(entries.count)
      for entry in entries { rendered.append(.init(key: entry.key, value: try entry.value.rendered(bindings))) }
      return node.replacing(.mapping(rendered), isRendered: node.isRendered)
    }
  }

  /// The nodes as far as they are known before a run, with `pending` in place of templates.
  var skeleton: YAMLNode {
    switch self {
    case .fixed(let node): node
    case .template(let template): template.node.replacing(.pending(template.compiled.type), isRendered: true)
    case .sequence(let items, let node): node.replacing(.sequence(items.map(\.skeleton)), isRendered: node.isRendered)
    case .mapping(let entries, let node):
      node.replacing(
        .mapping(entries.map { .init(key: $0.key, value: $0.value.skeleton) }), isRendered: node.isRendered)
    }
  }

  /// All templates in it.
  func forEachTemplate(_ body: (NodeTemplate) -> Void) {
    switch self {
    case .fixed: return
    case .template(let template): body(template)
    case .sequence(let items, _): for item in items { item.forEachTemplate(body) }
    case .mapping(let entries, _): for entry in entries { entry.value.forEachTemplate(body) }
    }
  }

  /// What type it will have.
  var type: ValueType {
    switch self {
    case .fixed(let node): ValueType(constant: node.value)
    case .template(let template): template.compiled.type
    case .sequence: .list(.dyn)
    case .mapping: .map(key: .string, value: .dyn)
    }
  }
}

/// A text with templates in it, compiled, and the node that it stands in.
struct NodeTemplate: Sendable {
  let compiled: CompiledTemplate
  let node: YAMLNode
  /// Whether `$` in what an expression gives is written twice, because a prober takes one for a reference to a group.
  let doublesDollars: Bool

  /// What it gives.
  func value(_ bindings: some Bindings) throws(EvaluationError) -> Value {
    guard doublesDollars else { return try compiled.render(bindings) }
    return try compiled.render(bindings, escaping: { $0.replacing("$", with: "$$") })
  }

  /// The node with what it gives.
  func rendered(_ bindings: some Bindings) throws(TemplateFailure) -> YAMLNode {
    do {
      return node.rendered(try value(bindings))
    } catch {
      throw TemplateFailure(message: error.message, excerpt: excerpt(of: error))
    }
  }

  /// The part that has no value, or all of it.
  func excerpt(of error: EvaluationError) -> SourceExcerpt {
    node.source.excerpt(error.range.map { ScalarMap.span(of: $0, in: node) } ?? node.span)
  }
}

extension ValueType {
  /// The type of a known value. What is inside of lists and maps stays open, because data are seldom of one piece.
  init(constant value: Value) {
    switch value {
    case .null: self = .dyn
    case .bool: self = .bool
    case .int: self = .int
    case .uint: self = .uint
    case .double: self = .double
    case .string: self = .string
    case .bytes: self = .bytes
    case .list: self = .list(.dyn)
    case .map: self = .map(key: .string, value: .dyn)
    case .timestamp: self = .timestamp
    case .duration: self = .duration
    case .type: self = .type
    case .document: self = .document
    }
  }
}

extension YAMLNode {
  /// Whether `${` stands anywhere in it; a quick look that spares most files everything below.
  var mayHoldTemplates: Bool {
    switch content {
    case .scalar(let text, _): text.holdsTemplateMark
    case .sequence(let items): items.contains(where: \.mayHoldTemplates)
    case .mapping(let entries): entries.contains(where: \.value.mayHoldTemplates)
    case .value, .pending: false
    }
  }
}

extension String {
  /// Whether `${` stands in it.
  var holdsTemplateMark: Bool {
    var text = self
    return text.withUTF8 { bytes in
      var index = 0
      while index + 1 < bytes.count {
        if bytes[index] == UInt8(ascii: "$"), bytes[index + 1] == UInt8(ascii: "{") { return true }
        index += 1
      }
      return false
    }
  }
}
