import Documents
import Expressions
import Model

/// `${1}` and `${name}` in a `send` of a dialogue are groups of an earlier `expect`, as in blackbox_exporter; every other
/// `${…}` is a template. Groups are escaped here, so that templates pass them on to the prober.
enum DialogueGroups {
  /// The probe's map with the groups in its dialogue escaped, and the lines in which the prober will read `$`: those
  /// that follow an `expect`.
  static func kept(in probe: YAMLNode, kind: ProbeKind) -> (probe: YAMLNode, answers: Set<ObjectIdentifier>) {
    guard [.tcp, .unix, .udp, .websocket].contains(kind), case .mapping(let entries) = probe.content,
      let index = entries.firstIndex(where: { $0.name == ExchangeKeys.dialogue.name }),
      case .sequence(let steps) = entries[index].value.content, probe.mayHoldTemplates
    else { return (probe, []) }
    var names: Set<String> = []
    var kept: [YAMLNode] = []
    var answers: Set<ObjectIdentifier> = []
    var hasMatched = false
    for step in steps {
      if let pattern = step.entry(named: DialogueKeys.expect.name)?.value {
        hasMatched = true
        if let text = pattern.text, let expression = try? RegularExpression(text) {
          names.formUnion(expression.groupNames.keys)
        }
      }
      let step = escaped(step, names)
      if hasMatched, let line = step.entry(named: DialogueKeys.send.name)?.value {
        answers.insert(ObjectIdentifier(line))
      }
      kept.append(step)
    }
    var changed = entries
    let dialogue = entries[index]
    changed[index] = .init(key: dialogue.key, value: dialogue.value.replacing(.sequence(kept), isRendered: false))
    return (probe.replacing(.mapping(changed), isRendered: false), answers)
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
