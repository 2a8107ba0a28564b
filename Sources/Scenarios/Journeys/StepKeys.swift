import Documents
import Expressions
import Model

/// The keys of an entry of `steps` or `finally`: one table for each kind of entry.
enum StepKeys {
  static let step = Key("step", .stepName, isRequired: true, "its name, unique in the journey")
  static let when = Key("when", .expression, "runs only where this holds (CEL)")
  static let capture = Key("capture", .assignments, "variables taken from the answer (name: CEL)")
  static let measure = Key("measure", .assignments, "numbers exported as metrics (name: CEL)")
  static let continues = Key("continue", .bool, "true: the steps after it run though it failed")
  static let timeout = Key("timeout", CheckKeys.timeout.form, "bound of the step with all its attempts")
  static let retry = Key("retry", .retry, "how a failure is confirmed, or how `until` polls")
  static let sensitive = Key("sensitive", .bool, "true: its bodies and values stay out of every record")

  static let probeTable = SectionTable(
    "step", title: "a step",
    [
      step.any, when.any, capture.any, measure.any, continues.any, timeout.any, retry.any, sensitive.any,
    ] + JudgingKeys.all + CheckKeys.probes, choice: CheckKeys.probes.map(\.name))

  /// Where the name may be left out.
  static let name = Key("step", .stepName, "its name; pause-1, set-1 or assert-1 where none is written")

  static let pause = Key("pause", PauseTemplate.form, isRequired: true, "how long is waited")
  static let pauseTable = SectionTable("pause-step", title: "a 'pause'", [name.any, when.any, pause.any])

  static let set = Key("set", .assignments, isRequired: true, "variables that are computed (name: CEL)")
  static let setTable = SectionTable(
    "set-step", title: "a 'set'", [name.any, when.any, set.any, continues.any, sensitive.any])

  static let assert = Key("assert", .expressions, isRequired: true, "what must hold (CEL), without an exchange")
  static let assertTable = SectionTable(
    "assert-step", title: "an 'assert'", [name.any, when.any, assert.any, continues.any, sensitive.any])

  static let use = Key("use", .nonEmptyText, isRequired: true, "name of a fragment, whose steps stand here")
  static let with = Key("with", .variables, "values for the fragment's parameters")
  static let prefix = Key("as", .stepName, "what its steps are recorded under; the fragment's name without")
  static let useTable = SectionTable(
    "use-step", title: "a 'use'", [use.any, with.any, prefix.any, when.any])

  /// What an entry may look like.
  static let schema = SchemaForm.anyOf(
    [probeTable, pauseTable, setTable, assertTable, useTable].map(SchemaForm.section))

  /// The keys of entries without a probe, each of which tells what an entry is.
  static let actions = [pause.name, set.name, assert.name, use.name]

  /// Keys whose values a run gives, are expressions, or are resolved elsewhere.
  static let late: Set<String> = Set(
    JudgingKeys.all.map(\.name)
      + [when.name, capture.name, measure.name, pause.name, set.name, assert.name, with.name])
}

extension Form where Value == String {
  /// A name that results are matched by: whatever can be read, without the signs that join names.
  static let stepName = text.map(schema: .text(pattern: "^[^.\\[\\]]{1,100}$")) { text, node, reader -> String? in
    if text.isStepName { return text }
    reader.fault(
      "'\(text.escaped)' is no name for a step", at: node,
      notes: ["a name has 1 to 100 characters, and none of '.', '[' and ']'"])
    return nil
  }
}

extension String {
  /// Whether it may be the name of a step, or of a fragment, after which its steps are called.
  var isStepName: Bool {
    !isEmpty && unicodeScalars.count <= 100 && escapedForDisplay == self
      && !utf8.contains { ".[]".utf8.contains($0) }
  }
}

extension Form where Value == YAMLNode {
  /// One CEL expression, left as it is.
  static let expression = Form(.text()) { node, reader in
    if node.text != nil { return node }
    reader.fault("expected an expression, found \(node.foundText)", at: node)
    return nil
  }
}

extension Form where Value == Fields<YAMLNode> {
  /// Names with the expressions that give their values.
  static let assignments = Form.map(of: .expression, keyPattern: identifier, name: nameFault)
}
