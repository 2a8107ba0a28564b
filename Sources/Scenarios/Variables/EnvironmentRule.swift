import Documents
import Expressions

/// `env.NAME` reads the environment; unset is a fault, unless `has(env.NAME)` asks first. Where nodes are given the values that
/// they need, names must be written out: the hub finds them by their text.
enum EnvironmentRule {
  /// False after a fault, which was told.
  static func holds(
    for references: Set<Reference>, _ fixed: FixedValues, at node: YAMLNode, sink: DiagnosticSink
  ) -> Bool {
    let isFound = !fixed.isForNodes || areFound(references, at: node, sink: sink)
    let names = references.filter { $0.path.first == "env" && $0.path.count > 1 }
    guard !names.isEmpty else { return isFound }
    let guarded = Set(names.filter(\.isGuarded).map { $0.path[1] })
    let unset = Set(names.map { $0.path[1] }).subtracting(guarded).filter { fixed.environment[$0] == nil }
    for name in unset.sorted() {
      let offset = node.text.flatMap { $0.utf8Offset(ofName: "env.\(name)") }
      let span = offset.map { ScalarMap.span(of: $0..<($0 + 4 + name.utf8.count), in: node) } ?? node.span
      sink.report(
        Diagnostic(
          "environment variable '\(name)' is not set", excerpt: node.source.excerpt(span),
          notes: [.init("where it may be missing: has(env.\(name)) ? env.\(name) : \"…\"")]))
    }
    return unset.isEmpty && isFound
  }

  /// Whether every name that is asked for can be found by `NeedsFinder`. False after a fault, which was told.
  private static func areFound(_ references: Set<Reference>, at node: YAMLNode, sink: DiagnosticSink) -> Bool {
    let asked = references.filter { $0.path.first == "env" }
    guard !asked.isEmpty else { return true }
    var words = WordReader(node.text ?? "")
    var written: Set<String> = []
    var computed: Range<Int>?
    while let word = words.next() {
      guard word == "env" else { continue }
      let end = words.offset
      if let name = words.member() {
        written.insert(name)
      } else {
        computed = computed ?? (end - word.utf8.count)..<end
      }
    }
    guard asked.contains(where: { $0.path.count == 1 || !written.contains($0.path[1]) }) else { return true }
    let span = computed.map { ScalarMap.span(of: $0, in: node) } ?? node.span
    sink.report(
      Diagnostic(
        "which variable of the environment is read here is computed, and a hub gives its nodes only those whose names are written out",
        excerpt: node.source.excerpt(span),
        notes: [.init("write env.NAME; to choose among several: {\"eu\": env.EU_KEY, \"us\": env.US_KEY}[…]")]))
    return false
  }
}

extension String {
  /// Where `name` stands, and is not a part of a longer one, in UTF-8 offsets.
  fileprivate func utf8Offset(ofName name: String) -> Int? {
    let text = Array(utf8)
    let wanted = Array(name.utf8)
    guard text.count >= wanted.count else { return nil }
    return (0...(text.count - wanted.count)).first { start in
      let end = start + wanted.count
      return text[start...].starts(with: wanted)
        && (start == 0 || !Self.isWord(text[start - 1])) && (end == text.count || !Self.isWord(text[end]))
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, UInt8(ascii: "_"): true
    default: false
    }
  }
}
