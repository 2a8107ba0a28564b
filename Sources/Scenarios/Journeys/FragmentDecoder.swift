import Documents
import Expressions
import Model

/// The fragments that the journeys of one file may use: its own, compiled here, and those of the files that it includes.
final class FragmentDecoder {
  /// Fragments that use one another deeper than this are nobody's work.
  static let depthLimit = 64

  private let written: [(key: YAMLNode, value: YAMLNode)]
  private let included: [String: Fragment]
  /// Whether every file that is included could be read: else a fragment that is missing was in one that could not.
  private let isComplete: Bool
  private let scopes: FileScopes
  private let folder: String
  private let surroundings: Surroundings
  private let sink: DiagnosticSink
  /// Those of this file that were compiled; nil for one with a fault that leaves nothing.
  private var compiled: [String: Fragment?] = [:]
  /// Those that are being compiled.
  private var open: [String] = []

  /// - Parameters:
  ///   - written: the file's own, by their keys.
  ///   - included: those of other files.
  ///   - isComplete: whether all files that are included could be read.
  init(
    _ written: [YAMLNode.Entry], included: [String: Fragment], isComplete: Bool, scopes: FileScopes, folder: String,
    surroundings: Surroundings, sink: DiagnosticSink
  ) {
    self.written = written.map { ($0.key, $0.value) }
    self.included = included
    self.isComplete = isComplete
    self.scopes = scopes
    self.folder = folder
    self.surroundings = surroundings
    self.sink = sink
  }

  /// All that a file which includes this one sees: each of this file's own is compiled, used or not.
  func all() -> [String: Fragment] {
    var all = included
    for (key, _) in written {
      guard let name = key.text else { continue }
      all[name] = fragment(name, at: key)
    }
    return all
  }

  /// The fragment of that name; nil after a fault, which was told.
  ///
  /// - Parameter node: where it is used.
  func fragment(_ name: String, at node: YAMLNode) -> Fragment? {
    if let known = compiled[name] { return known }
    if let start = open.firstIndex(of: name) {
      sink.error(
        "fragments use one another in a circle: \((open[start...] + [name]).joined(separator: " → "))", at: node)
      return nil
    }
    if let own = written.first(where: { $0.key.text == name }) {
      guard open.count < Self.depthLimit else {
        sink.error("fragments use one another more than \(Self.depthLimit) deep", at: node)
        return nil
      }
      open.append(name)
      let fragment = decode(name, own.key, own.value)
      open.removeLast()
      compiled[name] = .some(fragment)
      return fragment
    }
    if let known = included[name] { return known }
    guard isComplete else { return nil }
    let names = Set(included.keys).union(written.compactMap(\.key.text))
    sink.error(
      "unknown fragment '\(name.escaped)'", at: node,
      notes: names.isEmpty ? [.init("fragments stand under 'fragments', in this file or in one that it includes")] : [],
      allowed: names.sorted(), suggestion: Suggestion.nearest(to: name, among: names))
    return nil
  }

  private func decode(_ name: String, _ key: YAMLNode, _ node: YAMLNode) -> Fragment? {
    let reader = Reader(phase: .load, sink: sink, folder: folder, surroundings: surroundings)
    guard let section = Section(node, FragmentKeys.table, reader) else { return nil }
    let parameters = names(section, FragmentKeys.parameters, what: "parameter")
    let nodes = section(FragmentKeys.steps) ?? []
    var forecast = StepForecast(nodes, fragments: self)
    forecast.add(given: parameters.map(\.text))
    let compiler = scopes.compiler(own: [], late: forecast.late, absentSteps: forecast.steps)
    let steps = StepsDecoder(
      compiler: compiler, fragments: self, known: Set(compiler.scope.names).union(parameters.map(\.text)),
      reader: reader)
    let entries = steps.steps(nodes)
    var outputs = steps.captured
    var writtenOutputs: Set<String>?
    if section.has(FragmentKeys.outputs) {
      let wanted = names(section, FragmentKeys.outputs, what: "output")
      for (output, node) in wanted where steps.isComplete && steps.given[output] == nil {
        sink.error(
          "no step of fragment '\(name)' captures '\(output)'", at: node, allowed: steps.given.keys.sorted(),
          suggestion: Suggestion.nearest(to: output, among: steps.given.keys))
      }
      outputs = steps.given.filter { output in wanted.contains { $0.text == output.key } }
      writtenOutputs = Set(wanted.map(\.text))
    }
    return Fragment(
      name: name, node: key, parameters: parameters.map(\.text), outputs: outputs, writtenOutputs: writtenOutputs,
      entries: entries, isWhole: steps.isComplete && entries.count == nodes.count, variables: compiler.scope,
      steps: compiler.steps)
  }

  /// Names in a list, each one that a variable may have, none twice.
  private func names(_ section: Section, _ key: Key<[YAMLNode]>, what: String) -> [(text: String, node: YAMLNode)] {
    var seen: Set<String> = []
    return (section(key) ?? []).compactMap { node in
      guard let text = node.scalarText else {
        sink.error("expected the name of a variable, found \(node.foundText)", at: node)
        return nil
      }
      if let fault = Form<Fields<YAMLNode>>.nameFault(text) {
        sink.error(fault.message, at: node, notes: fault.notes.map { .init($0) })
        return nil
      }
      guard seen.insert(text).inserted else {
        sink.error("\(what) '\(text)' stands twice", at: node)
        return nil
      }
      return (text, node)
    }
  }
}
