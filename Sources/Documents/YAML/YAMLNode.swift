package import Expressions
package import Model

/// A node of a file, with its place: what is decoded into a scenario.
///
/// A class, because an alias is the same node as its anchor: a file of aliases of aliases takes no more memory than its
/// text.
package final class YAMLNode: Sendable {
  /// What it holds.
  package enum Content: Sendable {
    /// A scalar as written; `isPlain` is false for one in quotes or in block form, which is always text.
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    case mapping([Entry])
    /// What a template gave, when it is neither text, list nor map.
    case value(Value)
    /// A template that cannot be evaluated before a run, with the type that it will have.
    case pending(ValueType)
  }

  /// A key with its value.
  package struct Entry: Sendable {
    /// A scalar.
    package let key: YAMLNode
    /// What is written for it.
    package let value: YAMLNode

    /// A pair.
    package init(key: YAMLNode, value: YAMLNode) {
      self.key = key
      self.value = value
    }

    /// The key's text.
    package var name: String { key.text ?? "" }
  }

  /// What it holds.
  package let content: Content
  /// Where it is written.
  package let span: SourceSpan
  /// The file that it is written in.
  package let source: SourceText
  /// Whether a template made it: a fault in it is then one of the run, and not of the file.
  package let isRendered: Bool
  /// How many nodes it is when all aliases are written out; saturates.
  package let size: Int
  /// How many levels of nodes it holds, itself included.
  package let depth: Int

  /// A node in a place.
  package init(_ content: Content, span: SourceSpan, source: SourceText, isRendered: Bool = false) {
    self.content = content
    self.span = span
    self.source = source
    self.isRendered = isRendered
    var size = 1
    var depth = 0
    switch content {
    case .sequence(let items):
      for item in items {
        size = size.saturatingSum(item.size)
        depth = max(depth, item.depth)
      }
    case .mapping(let entries):
      for entry in entries {
        size = size.saturatingSum(entry.value.size).saturatingSum(1)
        depth = max(depth, entry.value.depth)
      }
    case .scalar, .value, .pending: break
    }
    self.size = size
    self.depth = depth + 1
  }

  /// A node with other content in the same place.
  package func replacing(_ content: Content, isRendered: Bool) -> YAMLNode {
    YAMLNode(content, span: span, source: source, isRendered: isRendered)
  }

  /// The text of a scalar as written; nil for anything else.
  package var text: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  /// The entry of that name, if this is a mapping.
  package func entry(named name: String) -> Entry? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.name == name }
  }

  /// Whether it is a template that waits for the run.
  package var isPending: Bool {
    if case .pending = content { true } else { false }
  }

  /// Whether any template in it waits for the run.
  package var holdsPending: Bool {
    switch content {
    case .pending: true
    case .sequence(let items): items.contains(where: \.holdsPending)
    case .mapping(let entries): entries.contains(where: \.value.holdsPending)
    case .scalar, .value: false
    }
  }

  /// Where it begins.
  package var location: SourceLocation { source.location(of: span) }

  /// Its line with carets.
  package var excerpt: SourceExcerpt { source.excerpt(span) }
}

extension Int {
  /// A sum of two counts that stops at the largest number.
  fileprivate func saturatingSum(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
