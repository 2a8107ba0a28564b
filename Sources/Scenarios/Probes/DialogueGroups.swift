import Expressions
import Model

/// `${1}` and `${name}` in a `send` of a dialogue are groups of an earlier `expect`, as in blackbox_exporter; every other
/// `${…}` is a template. Groups are escaped here, so that templates pass them on to the prober.
enum DialogueGroups {
  /// The probe's map with the groups in its dialogue escaped.
  static func kept(in probe: YAMLNode, kind: ProbeKind) -> YAMLNode {
    guard kind == .tcp || kind == .unix || kind == .websocket, case .mapping(let entries) = probe.content,
      let index = entries.firstIndex(where: { $0.name == ExchangeKeys.dialogue.name }),
      case .sequence(let steps) = entries[index].value.content, probe.mayHoldTemplates
    else { return probe }
    var names: Set<String> = []
    var kept: [YAMLNode] = []
    for step in steps {
      if let pattern = step.entry(named: DialogueKeys.expect.name)?.value.text,
        let expression = try? RegularExpression(pattern)
      {
        names.formUnion(expression.groupNames.keys)
      }
      kept.append(escaped(step, names))
    }
    var changed = entries
    let dialogue = entries[index]
    changed[index] = .init(key: dialogue.key, value: dialogue.value.replacing(.sequence(kept), isRendered: false))
    return probe.replacing(.mapping(changed), isRendered: false)
  }

  private static func escaped(_ step: YAMLNode, _ names: Set<String>) -> YAMLNode {
    guard case .mapping(let entries) = step.content else { return step }
    return step.replacing(
      .mapping(
        entries.map { entry in
          guard entry.name == DialogueKeys.send.name, case .scalar(let text, let isPlain) = entry.value.content,
            let template = try? Template(text)
          else { return entry }
          var bytes = Array(text.utf8)
          for part in template.expressions.reversed() where isGroup(part.source, names) {
            bytes.insert(UInt8(ascii: "$"), at: part.range.lowerBound - 2)
          }
          let kept = YAMLNode.Content.scalar(String(decoding: bytes, as: UTF8.self), isPlain: isPlain)
          return .init(key: entry.key, value: entry.value.replacing(kept, isRendered: false))
        }), isRendered: false)
  }

  private static func isGroup(_ source: String, _ names: Set<String>) -> Bool {
    names.contains(source) || (!source.isEmpty && source.utf8.allSatisfy { (48...57).contains($0) })
  }
}
