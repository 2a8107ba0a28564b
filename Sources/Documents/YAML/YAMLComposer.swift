import CYAML
import Expressions
import Model

/// Reads the one document of a file into nodes, from the events of libyaml: only those say where every node ends.
package struct YAMLComposer {
  /// How deep lists and maps may lie in each other, aliases written out.
  package static let depthLimit = 100
  /// How many nodes a document may have when its aliases are written out, beside those that it has anyhow.
  package static let expansionLimit = 1_000_000

  /// A list or map that is being read.
  private struct Open {
    var isMapping: Bool
    var start: SourcePosition
    var anchor: String?
    var items: [YAMLNode] = []
    var entries: [YAMLNode.Entry] = []
    var key: YAMLNode?
    /// Maps that `<<` names, in written order.
    var merged: [YAMLNode] = []
    /// Where each key stands in `entries`, kept from the ninth on: below that, looking through them is faster.
    var indexByName: [String: Int] = [:]

    func entry(named name: String) -> YAMLNode.Entry? {
      entries.count > 8 ? indexByName[name].map { entries[$0] } : entries.first { $0.key.text == name }
    }

    /// Takes the entries of other maps whose keys are not there: what is written in the map itself wins, then what comes
    /// from an earlier map.
    mutating func merge() {
      for map in merged {
        guard case .mapping(let others) = map.content else { continue }
        for other in others where entry(named: other.name) == nil { append(other) }
      }
    }

    mutating func append(_ entry: YAMLNode.Entry) {
      entries.append(entry)
      if entries.count == 9 {
        for (index, entry) in entries.enumerated() { indexByName[entry.name] = index }
      } else if entries.count > 9 {
        indexByName[entry.name] = entries.count - 1
      }
    }
  }

  private let source: SourceText
  private let dialect: YAMLDialect
  private let sink: DiagnosticSink
  private var stack: [Open] = []
  private var anchors: [String: YAMLNode] = [:]
  private var root: YAMLNode?
  private var documents = 0
  private var expanded = 0
  private var isAborted = false
  private var isFinished = false

  private init(source: SourceText, dialect: YAMLDialect, sink: DiagnosticSink) {
    self.source = source
    self.dialect = dialect
    self.sink = sink
  }

  /// What came of reading a text.
  package enum Composition {
    case node(YAMLNode)
    /// There is nothing in it, or nothing but comments.
    case empty
    /// It is no YAML; why is in the sink.
    case broken
  }

  /// Reads a text.
  package static func compose(
    _ source: SourceText, _ dialect: YAMLDialect = .core, sink: DiagnosticSink
  ) -> Composition {
    var composer = YAMLComposer(source: source, dialect: dialect, sink: sink)
    composer.run()
    if composer.isAborted { return .broken }
    return composer.root.map(Composition.node) ?? .empty
  }

  private mutating func run() {
    // yaml_parser_t must not move between calls, so it lives on the heap.
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    defer { parser.deallocate() }
    guard yaml_parser_initialize(parser) == 1 else {
      abort("'\(source.path)' could not be read: out of memory", at: SourceSpan(byte: 0, in: source))
      return
    }
    defer { yaml_parser_delete(parser) }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    source.bytes.withUnsafeBufferPointer { bytes in
      yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
      var event = yaml_event_t()
      while !isAborted, !isFinished {
        guard yaml_parser_parse(parser, &event) == 1 else {
          let fault = YAMLFault(parser.pointee, in: source)
          sink.report(fault.diagnostic)
          isAborted = true
          return
        }
        let isLast = event.type == YAML_STREAM_END_EVENT
        accept(event)
        yaml_event_delete(&event)
        if isLast { return }
      }
    }
  }

  private mutating func accept(_ event: yaml_event_t) {
    let start = SourcePosition(event.start_mark)
    let span = SourceSpan(start: start, end: SourcePosition(event.end_mark))
    switch event.type {
    case YAML_DOCUMENT_START_EVENT:
      documents += 1
      if documents > 1 { abort("a second document begins here; only one is read", at: span) }
    case YAML_DOCUMENT_END_EVENT:
      isFinished = dialect.ignoresFurtherDocuments
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let content = content(
        String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self),
        tag: scalar.tag.map { String(cString: $0) }, isUnquoted: scalar.style == YAML_PLAIN_SCALAR_STYLE, at: span)
      add(
        YAMLNode(content, span: span, source: source), anchor: scalar.anchor.map { String(cString: $0) })
    case YAML_SEQUENCE_START_EVENT:
      let sequence = event.data.sequence_start
      check(tag: sequence.tag.map { String(cString: $0) }, allowed: ["seq"], at: span)
      open(Open(isMapping: false, start: start, anchor: sequence.anchor.map { String(cString: $0) }), at: span)
    case YAML_MAPPING_START_EVENT:
      let mapping = event.data.mapping_start
      check(tag: mapping.tag.map { String(cString: $0) }, allowed: ["map"], at: span)
      open(Open(isMapping: true, start: start, anchor: mapping.anchor.map { String(cString: $0) }), at: span)
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      guard var closed = stack.popLast() else { return }
      closed.merge()
      let content: YAMLNode.Content = closed.isMapping ? .mapping(closed.entries) : .sequence(closed.items)
      let span = SourceSpan(start: closed.start, end: span.end)
      add(YAMLNode(content, span: span, source: source), anchor: closed.anchor)
    case YAML_ALIAS_EVENT:
      alias(event.data.alias.anchor.map { String(cString: $0) } ?? "", at: span)
    default: break
    }
  }

  private func content(_ text: String, tag: String?, isUnquoted: Bool, at span: SourceSpan) -> YAMLNode.Content {
    if dialect.decodesBinary, tag == "tag:yaml.org,2002:binary" {
      guard let bytes = Base64.decode(String(text.filter { !$0.isWhitespace })) else {
        sink.report(Diagnostic("what follows '!!binary' is no base64", excerpt: source.excerpt(span)))
        // Stands for anything, so that nothing else is said about it.
        return .pending(.dyn)
      }
      return String(validating: bytes, as: UTF8.self).map { .scalar($0, isPlain: false) } ?? .value(.bytes(bytes))
    }
    check(
      tag: tag, allowed: ["str", "int", "float", "bool", "null"] + (dialect.decodesBinary ? ["binary"] : []), at: span)
    return .scalar(text, isPlain: isUnquoted && tag != "tag:yaml.org,2002:str" && tag != "!")
  }

  private mutating func open(_ collection: Open, at span: SourceSpan) {
    guard stack.count < Self.depthLimit else {
      abort("nested deeper than \(Self.depthLimit) levels", at: span)
      return
    }
    stack.append(collection)
  }

  private mutating func alias(_ name: String, at span: SourceSpan) {
    guard let target = anchors[name] else {
      if stack.contains(where: { $0.anchor == name }) {
        abort("'*\(name)' stands inside of what '&\(name)' names: it would never end", at: span)
      } else {
        sink.report(
          Diagnostic(
            "unknown alias '*\(name)'", excerpt: source.excerpt(span), allowed: anchors.keys.sorted().map { "*\($0)" },
            suggestion: Suggestion.nearest(to: name, among: anchors.keys.sorted()).map { "*\($0)" }))
        // Stands for anything, so that nothing else is said about it.
        add(YAMLNode(.pending(.dyn), span: span, source: source), anchor: nil)
      }
      return
    }
    expanded += min(target.size, Self.expansionLimit)
    guard expanded < Self.expansionLimit else {
      abort("aliases written out make more than \(Self.expansionLimit) values", at: span)
      return
    }
    guard stack.count + target.depth <= Self.depthLimit else {
      abort("nested deeper than \(Self.depthLimit) levels, aliases written out", at: span)
      return
    }
    add(target, anchor: nil)
  }

  private mutating func add(_ node: YAMLNode, anchor: String?) {
    if let anchor { anchors[anchor] = node }
    guard var parent = stack.popLast() else {
      root = root ?? node
      return
    }
    defer { stack.append(parent) }
    guard parent.isMapping else {
      parent.items.append(node)
      return
    }
    guard let key = parent.key else {
      parent.key = node
      return
    }
    parent.key = nil
    guard case .scalar(let name, let isPlain) = key.content else {
      sink.error("a key must be text, not a list or a map", at: key)
      return
    }
    if isPlain, name == "<<" {
      if dialect.mergesMaps {
        parent.merged += mergedMaps(node)
        return
      }
      sink.error(
        "merge keys ('<<') are no part of YAML 1.2", at: key,
        notes: [.init("an alias stands for a whole value; `defaults` holds what checks have in common")])
      return
    }
    if let first = parent.entry(named: name) {
      sink.error(
        "duplicate key '\(name)'", at: key, notes: [.init("it was first written here", excerpt: first.key.excerpt)])
      return
    }
    parent.append(YAMLNode.Entry(key: key, value: node))
  }

  /// The maps that stand behind `<<`: one, or a list of them.
  private func mergedMaps(_ node: YAMLNode) -> [YAMLNode] {
    let maps = if case .sequence(let items) = node.content { items } else { [node] }
    return maps.filter { map in
      switch map.content {
      case .mapping: return true
      case .pending: return false
      case .scalar, .sequence, .value:
        sink.error("'<<' takes a map or a list of maps", at: map)
        return false
      }
    }
  }

  private func check(tag: String?, allowed: [String], at span: SourceSpan) {
    guard let tag, tag != "!" else { return }
    let prefix = "tag:yaml.org,2002:"
    if tag.hasPrefix(prefix), allowed.contains(String(tag.dropFirst(prefix.count))) { return }
    let written = tag.hasPrefix(prefix) ? "!!" + tag.dropFirst(prefix.count) : tag
    sink.report(
      Diagnostic(
        "tag '\(written)' cannot be used here", excerpt: source.excerpt(span), allowed: allowed.map { "!!" + $0 }))
  }

  private mutating func abort(_ message: String, at span: SourceSpan) {
    sink.report(Diagnostic(message, excerpt: source.excerpt(span)))
    isAborted = true
  }
}

/// What libyaml found wrong, in words that help.
private struct YAMLFault {
  let diagnostic: Diagnostic

  init(_ parser: yaml_parser_t, in source: SourceText) {
    let problem = parser.problem.map { String(cString: $0) } ?? "unknown problem"
    guard parser.error != YAML_READER_ERROR else {
      let offset = min(parser.problem_offset, source.bytes.count)
      let message: String
      if problem.contains("control characters") {
        let code = String(parser.problem_value, radix: 16, uppercase: true)
        message = "control character U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code) is not allowed"
      } else {
        message = "'\(source.path)' is not UTF-8: \(problem)"
      }
      diagnostic = Diagnostic(message, excerpt: source.excerpt(SourceSpan(byte: offset, in: source)))
      return
    }
    let position = SourcePosition(parser.problem_mark)
    let span = SourceSpan(start: position, end: SourcePosition(line: position.line, column: position.column + 1))
    var notes: [Diagnostic.Note] = []
    if let context = parser.context.map({ String(cString: $0) }), parser.context_mark.line < parser.problem_mark.line {
      let start = SourcePosition(parser.context_mark)
      let span = SourceSpan(start: start, end: SourcePosition(line: start.line, column: start.column + 1))
      notes.append(.init(context, excerpt: source.excerpt(span)))
    }
    if let hint = Self.hint(problem, at: source.offset(of: position), in: source.bytes) { notes.append(.init(hint)) }
    diagnostic = Diagnostic("invalid YAML: \(problem)", excerpt: source.excerpt(span), notes: notes)
  }

  private static func hint(_ problem: String, at offset: Int, in bytes: [UInt8]) -> String? {
    let next = offset < bytes.count ? bytes[offset] : 0
    switch problem {
    case "found character that cannot start any token" where next == UInt8(ascii: "\t"):
      return "tabs cannot indent YAML; use spaces"
    case "found character that cannot start any token":
      return "a text that begins with '\(Character(Unicode.Scalar(next)))' must stand in quotes"
    case "mapping values are not allowed in this context":
      return
        "a text that holds ': ' must stand in quotes; a key belongs on a line of its own, indented like its neighbours"
    case "found unknown escape character":
      return "in double quotes a backslash is written '\\\\'; single quotes take text as it is"
    case "did not find expected ',' or '}'", "did not find expected ',' or ']'":
      return "inside of {…} and […] a text with ${…}, ',' or a bracket must stand in quotes"
    default: return nil
    }
  }
}

extension SourcePosition {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int32(clamping: mark.line), column: Int32(clamping: mark.column))
  }
}

extension SourceSpan {
  /// The span of the one byte at `byte`.
  fileprivate init(byte: Int, in source: SourceText) {
    let start = source.position(of: byte)
    self.init(start: start, end: SourcePosition(line: start.line, column: start.column + 1))
  }
}
