import Documents
import Expressions

/// Writes the format as JSON Schema (draft 2020-12), for editors: from the same tables that files are read with.
package enum SchemaWriter {
  /// The schema, indented by two spaces, with a line end after it.
  package static func schema() -> String {
    var definitions = Definitions()
    let root = definitions.object(FileKeys.table)
    var members: [(String, JSONText)] = [
      ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
      ("title", .string("Curlew scenario, version 1")),
    ]
    members += root.members
    members.append(("$defs", .object(definitions.all)))
    return JSONText.object(members).text(indent: 0) + "\n"
  }

  /// The sections that the schema speaks of, each once.
  private struct Definitions {
    private(set) var all: [(String, JSONText)] = []
    private var names: Set<String> = []

    mutating func object(_ table: SectionTable) -> (members: [(String, JSONText)], table: SectionTable) {
      var members: [(String, JSONText)] = [("type", .string("object"))]
      let properties = table.keys.map { key -> (String, JSONText) in
        (key.name, .object([("description", .string(key.summary))] + schema(key.schema)))
      }
      members.append(("properties", .object(properties)))
      let required = table.keys.filter(\.isRequired).map(\.name)
      if !required.isEmpty { members.append(("required", .array(required.map(JSONText.string)))) }
      var rules: [JSONText] = []
      if !table.oneOf.isEmpty {
        rules.append(.object([("oneOf", .array(table.oneOf.map(Self.requires)))]))
      }
      for group in table.exclusive {
        for (index, name) in group.enumerated() {
          for other in group[(index + 1)...] {
            rules.append(.object([("not", .object([("required", .array([.string(name), .string(other)]))]))]))
          }
        }
      }
      if !table.choice.isEmpty {
        rules.append(.object([("oneOf", .array(table.choice.map(Self.requires)))]))
      }
      if !rules.isEmpty { members.append(("allOf", .array(rules))) }
      members.append(("additionalProperties", .bool(false)))
      return (members, table)
    }

    private static func requires(_ name: String) -> JSONText {
      .object([("required", .array([.string(name)]))])
    }

    mutating func schema(_ form: SchemaForm) -> [(String, JSONText)] {
      switch form {
      case .anything: return []
      case .text(let pattern): return Self.text(pattern)
      case .integer(let range):
        var members: [(String, JSONText)] = [("type", .string("integer")), ("minimum", .number(range.lowerBound))]
        if range.upperBound != .max { members.append(("maximum", .number(range.upperBound))) }
        return Self.orTemplate(members)
      case .number(let range):
        return Self.orTemplate([
          ("type", .string("number")), ("minimum", .raw("\(range.lowerBound)")),
          ("maximum", .raw("\(range.upperBound)")),
        ])
      case .boolean: return Self.orTemplate([("type", .string("boolean"))])
      case .choice(let words):
        // A number is taken for a word that looks like one.
        let numbers = words.filter { Double($0) != nil }.map(JSONText.raw)
        return Self.orTemplate([("enum", .array(words.map(JSONText.string) + numbers))])
      case .list(let item, let minimum):
        var members: [(String, JSONText)] = [("type", .string("array")), ("items", .object(schema(item)))]
        if minimum > 0 { members.append(("minItems", .number(minimum))) }
        return Self.orTemplate(members)
      case .map(let item, let keyPattern):
        var members: [(String, JSONText)] = [
          ("type", .string("object")), ("additionalProperties", .object(schema(item))),
        ]
        if let keyPattern { members.append(("propertyNames", .object([("pattern", .string(keyPattern))]))) }
        return Self.orTemplate(members)
      case .section(let table):
        let name = definition(of: table)
        return Self.orTemplate([("$ref", .string("#/$defs/\(name)"))])
      case .anyOf(let forms):
        return [("anyOf", .array(forms.map { .object(schema($0)) }))]
      }
    }

    /// The name under which a section is defined; two sections of one name are told apart by a number.
    private mutating func definition(of table: SectionTable) -> String {
      let body = object(table).members
      let text = JSONText.object(body).text(indent: 0)
      let base = table.name.split(separator: " ").joined(separator: "-")
      var name = base
      var number = 2
      while let known = all.first(where: { $0.0 == name }) {
        if known.1.text(indent: 0) == text { return name }
        name = "\(base)-\(number)"
        number += 1
      }
      all.append((name, .object(body)))
      return name
    }

    /// Text, or a number or boolean where they are taken as text: a pattern that asks for a unit or a scheme refuses them.
    /// It binds text without templates only.
    private static func text(_ pattern: String?) -> [(String, JSONText)] {
      guard let pattern else { return [("type", .array(["string", "number", "boolean"].map(JSONText.string)))] }
      let expression = try? RegularExpression(pattern)
      var types = ["string"]
      if expression?.matches("1") == true { types.append("number") }
      if expression?.matches("true") == true { types.append("boolean") }
      return [("type", .array(types.map(JSONText.string))), ("pattern", .string("\(pattern)|\\$\\{"))]
    }

    /// Where something else than text stands, a template may stand too.
    private static func orTemplate(_ members: [(String, JSONText)]) -> [(String, JSONText)] {
      let template = JSONText.object([("type", .string("string")), ("pattern", .string("\\$\\{"))])
      return [("anyOf", .array([.object(members), template]))]
    }
  }
}

/// JSON whose members stay in order.
private indirect enum JSONText {
  case string(String)
  case number(Int)
  case bool(Bool)
  case raw(String)
  case array([JSONText])
  case object([(String, JSONText)])

  func text(indent: Int) -> String {
    let inner = String(repeating: " ", count: indent + 2)
    let outer = String(repeating: " ", count: indent)
    switch self {
    case .string(let text): return Self.quoted(text)
    case .number(let number): return String(number)
    case .bool(let value): return value ? "true" : "false"
    case .raw(let text): return text
    case .array(let items):
      let texts = items.map { $0.text(indent: indent + 2) }
      let line = "[" + texts.joined(separator: ", ") + "]"
      if !line.contains("\n"), line.count + indent <= 100 { return line }
      return "[\n" + texts.map { inner + $0 }.joined(separator: ",\n") + "\n\(outer)]"
    case .object(let members):
      let texts = members.map { Self.quoted($0.0) + ": " + $0.1.text(indent: indent + 2) }
      let line = "{" + texts.joined(separator: ", ") + "}"
      if !line.contains("\n"), line.count + indent <= 100 { return line }
      return "{\n" + texts.map { inner + $0 }.joined(separator: ",\n") + "\n\(outer)}"
    }
  }

  private static func quoted(_ text: String) -> String {
    (try? JSON.write(.string(text))) ?? "\"\""
  }
}
