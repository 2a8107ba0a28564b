import Documents
import Expressions
import Model

/// The keys of `quorum`.
enum QuorumKeys {
  static let down = Key("down", .quorumRule, "regions that must see it down: 2, 50% or a CEL expression (50%)")
  static let votes = Key("votes", .integer(1...1000), "regions that must have voted (the majority; of two, one)")
  static let consecutive = Key(
    "consecutive", .integer(1...1000), "with two regions: slots in a row in which one alone is believed (3)")

  static let table = SectionTable("quorum", [down.any, votes.any, consecutive.any])
}

extension Form where Value == Quorum {
  private static let short = Form<Quorum.Rule>.quorumNumber

  /// A map, or the rule alone where it is a number or a share.
  static let quorum = Form(.anyOf([short.schema, .section(QuorumKeys.table)])) { node, reader in
    guard case .mapping = node.content else {
      if let rule = short.read(node, reader) { return Quorum(down: rule) }
      return nil
    }
    guard let section = Section(node, QuorumKeys.table, reader) else { return nil }
    let (votes, consecutive) = (section(QuorumKeys.votes), section(QuorumKeys.consecutive))
    let down = section(QuorumKeys.down)
    guard down != nil || !section.has(QuorumKeys.down) else { return nil }
    return Quorum(
      down: down ?? Quorum.standard.down, votes: votes, consecutive: consecutive ?? Quorum.standard.consecutive)
  }
}

extension Form where Value == Quorum.Rule {
  private static let count = Form<Int>.integer(1...1000)

  /// How many regions, or which share of those that voted.
  fileprivate static let quorumNumber = Form(.anyOf([count.schema, Form<Double>.percentage.schema])) { node, reader in
    let text = node.scalarText ?? ""
    if text.hasSuffix("%") { return Form<Double>.percentage.read(node, reader).map(Quorum.Rule.share) }
    switch node.value {
    case .int, .double: return count.read(node, reader).map(Quorum.Rule.count)
    default: break
    }
    reader.fault(
      "expected a number of regions or a share of them, found \(node.foundText)", at: node,
      notes: ["a quorum is written 2, 50%, or {down: …, votes: …, consecutive: …}; 'down' may be an expression too"])
    return nil
  }

  /// The same, or an expression over the votes.
  static let quorumRule = Form(.anyOf([quorumNumber.schema, .text()])) { node, reader in
    guard case .string(let source) = node.value, !source.hasSuffix("%") else { return quorumNumber.read(node, reader) }
    return QuorumEnvironment.compile(source, at: node, reader).map(Quorum.Rule.expression)
  }
}

/// What the expression of a quorum sees.
enum QuorumEnvironment {
  /// One region's vote in a slot. `unknown` has no say, and is no vote.
  private static let vote = ValueType.record(
    name: "vote",
    fields: [
      "region": .string, "verdict": .string, "labels": .map(key: .string, value: .string), "node": .string,
      "duration_ms": .int, "reason": .string,
    ])

  private static let environment = Environment(
    variables: ["votes": .list(vote), "down": .list(vote), "up": .list(vote)])

  /// Compiles an expression; nil after a fault, which the reader was told.
  static func compile(_ source: String, at node: YAMLNode, _ reader: Reader) -> QuorumExpression? {
    do throws(CompilationFailure) {
      let expression = try environment.compile(source)
      guard expression.type == .bool || expression.type == .dyn else {
        reader.fault("expected an expression that gives bool, this one gives \(expression.type)", at: node)
        return nil
      }
      return QuorumExpression(source: source) { votes in
        let value: Value
        do throws(EvaluationError) {
          value = try expression.evaluate(bindings(votes))
        } catch {
          throw QuorumFailure(description: error.message)
        }
        guard let holds = value.asBool else {
          throw QuorumFailure(description: "it gave \(value.brief()), and no bool")
        }
        return holds
      }
    } catch {
      for issue in error.issues {
        reader.sink.report(
          Diagnostic(
            issue.message, excerpt: node.source.excerpt(ScalarMap.span(of: issue.range, in: node)),
            notes: [.init("the expression of a quorum sees the lists votes, down and up, and nothing of a run")],
            allowed: issue.allowed, suggestion: issue.suggestion))
      }
      return nil
    }
  }

  private static func bindings(_ votes: [RegionalVote]) -> [String: Value] {
    let all = votes.map { vote in
      (
        verdict: vote.verdict,
        value: Value.map(
          MapValue([
            "region": .string(vote.region), "verdict": .string(vote.verdict.rawValue),
            "labels": .map(MapValue(vote.labels.mapValues(Value.string))), "node": .string(vote.node ?? ""),
            "duration_ms": .int((vote.duration ?? .zero).nanoseconds / 1_000_000),
            "reason": .string(vote.reason?.code.rawValue ?? ""),
          ]))
      )
    }
    return [
      "votes": .list(all.map(\.value)), "down": .list(all.filter { $0.verdict == .down }.map(\.value)),
      "up": .list(all.filter { $0.verdict == .up || $0.verdict == .degraded }.map(\.value)),
    ]
  }
}

/// Why the expression of a quorum gave no answer, in words.
private struct QuorumFailure: Error, CustomStringConvertible {
  let description: String
}

extension Quorum {
  /// Tells what can never be reached by a check of so many regions.
  ///
  /// - Parameter written: the value of `quorum`.
  func check(against regions: [String], at written: YAMLNode, _ sink: DiagnosticSink) {
    let count = Set(regions).count
    let words = "\(count) region\(count == 1 ? "" : "s")"
    if case .count(let needed) = down, needed > count {
      sink.error(
        "\(needed) regions can never see it down: the check has \(words)",
        at: written.entry(named: QuorumKeys.down.name)?.value ?? written)
    }
    if let votes, votes > count {
      sink.error(
        "\(votes) regions can never have voted: the check has \(words)",
        at: written.entry(named: QuorumKeys.votes.name)?.value ?? written)
    }
  }
}
