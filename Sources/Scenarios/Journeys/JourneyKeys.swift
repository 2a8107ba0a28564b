import Documents
import Model

/// The keys of `journey`.
enum JourneyKeys {
  static let variables = CheckKeys.variables
  static let steps = Key("steps", .steps(minimum: 1), isRequired: true, "what is done, in order")
  static let finally = Key("finally", .steps(minimum: 0), "what runs afterwards, whatever came before")
  static let finallyTimeout = Key(
    "finally_timeout", .duration(.milliseconds(1) ... .days(1)), "bound of all of 'finally' (10s)")
  static let each = Key("each", .each, "rows of variables: one run of all steps for each")
  static let connections = Key(
    "connections", Form<Bool>.choice(["reuse": true, "fresh": false]),
    "fresh: each step opens its own connection (reuse)")

  static let table = SectionTable(
    "journey",
    [variables.any, steps.any, finally.any, finallyTimeout.any, each.any, connections.any])
}

/// The keys of `each`.
enum EachKeys {
  static let rows = Key("rows", Form<[YAMLNode]>.nodes(.map(.anything)), "maps of variables")
  static let file = Key("file", .path(allowsAbsolute: false), "CSV file whose first line names the variables")
  static let table = SectionTable("each", [rows.any, file.any], oneOf: [rows.name, file.name])
}

/// Where the rows of `each` come from.
enum RowSource {
  case rows([YAMLNode], YAMLNode)
  case file(String, YAMLNode)
}

extension Form where Value == RowSource {
  static let each = Form.section(EachKeys.table) { section in
    if let entry = section.entry(EachKeys.rows.name) {
      return section(EachKeys.rows).map { .rows($0, entry.value) }
    }
    guard let entry = section.entry(EachKeys.file.name) else { return nil }
    return section(EachKeys.file).map { .file($0, entry.value) }
  }
}

extension Form where Value == [YAMLNode] {
  /// Entries of a journey or a fragment, left as they are.
  static func steps(minimum: Int) -> Form {
    nodes(StepKeys.schema, minimum: minimum)
  }
}
