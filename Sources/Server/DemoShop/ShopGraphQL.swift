import Expressions
import HTTPTypes

/// As much of GraphQL (https://spec.graphql.org/) as one query needs: fields with an argument and a selection.
struct ShopGraphQL {
  /// A field of a selection.
  private struct Field {
    var alias: String
    var name: String
    var arguments: [String: Value] = [:]
    var selection: [Field] = []
  }

  /// What is wrong with a query; it is answered with status 200, as GraphQL is.
  private struct Mistake: Error {
    var message: String
  }

  private static let deepest = 8

  /// Answers `{query, variables, operationName}`.
  static func answer(_ request: ShopRequest) throws(ShopReply.Problem) -> ShopReply {
    let object = try request.object()
    guard let query = object["query"]?.asString else { throw ShopReply.Problem(.badRequest, "\"query\" is missing") }
    do throws(Mistake) {
      var parser = ShopGraphQL(query, variables: object["variables"]?.asMap ?? MapValue())
      let fields = try parser.document(operation: object["operationName"]?.asString)
      return .json(["data": try data(fields)])
    } catch {
      return .json(["errors": [["message": .string(error.message)]]])
    }
  }

  // MARK: Answers

  private static func data(_ fields: [Field]) throws(Mistake) -> Value {
    var members: [(String, Value)] = []
    for field in fields {
      switch field.name {
      case "__typename": members.append((field.alias, "Query"))
      case "products":
        var products: [Value] = []
        let sku = field.arguments["sku"]?.asString
        for item in ShopGoods.items where sku == nil || item.sku == sku {
          products.append(try product(item, field.selection))
        }
        members.append((field.alias, .list(products)))
      default: throw Mistake(message: "Cannot query field \"\(field.name)\" on type \"Query\".")
      }
    }
    return .map(MapValue(members))
  }

  private static func product(_ item: ShopGoods.Item, _ selection: [Field]) throws(Mistake) -> Value {
    guard !selection.isEmpty else { throw Mistake(message: "Field \"products\" must have a selection of subfields.") }
    var members: [(String, Value)] = []
    for field in selection {
      let value: Value =
        switch field.name {
        case "sku": .string(item.sku)
        case "name": .string(item.name)
        case "price": .double(item.price)
        case "stock": .int(Int64(item.stock))
        case "__typename": "Product"
        default: throw Mistake(message: "Cannot query field \"\(field.name)\" on type \"Product\".")
        }
      members.append((field.alias, value))
    }
    return .map(MapValue(members))
  }

  // MARK: Reading

  private var tokens: ArraySlice<String>
  private let variables: MapValue

  private init(_ query: String, variables: MapValue) {
    tokens = Self.tokens(query)[...]
    self.variables = variables
  }

  /// Names, quoted texts with their opening quote, and punctuators, one each.
  private static func tokens(_ text: String) -> [String] {
    var tokens: [String] = []
    var rest = Substring(text)
    while let first = rest.first {
      if first.isWhitespace || first == "," {
        rest = rest.dropFirst()
      } else if first == "#" {
        rest = rest.drop { !$0.isNewline }
      } else if first == "\"" {
        let content = rest.dropFirst().prefix { $0 != "\"" }
        tokens.append("\"" + content)
        rest = rest[content.endIndex...].dropFirst()
      } else if first.isLetter || first == "_" {
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        tokens.append(String(name))
        rest = rest[name.endIndex...]
      } else {
        tokens.append(String(first))
        rest = rest.dropFirst()
      }
    }
    return tokens
  }

  private mutating func take(_ token: String) -> Bool {
    guard tokens.first == token else { return false }
    tokens = tokens.dropFirst()
    return true
  }

  private mutating func expect(_ token: String) throws(Mistake) {
    guard take(token) else { throw unexpected("\"\(token)\"") }
  }

  private mutating func name() throws(Mistake) -> String {
    guard let token = tokens.first, let first = token.first, first.isLetter || first == "_" else {
      throw unexpected("a name")
    }
    tokens = tokens.dropFirst()
    return token
  }

  private func unexpected(_ wanted: String) -> Mistake {
    let found = tokens.first.map { "found \"\($0.prefix(40))\"" } ?? "the query ends here"
    return Mistake(message: "Syntax Error: Expected \(wanted), \(found).")
  }

  /// The selection of the operation of that name, or of the only one.
  private mutating func document(operation wanted: String?) throws(Mistake) -> [Field] {
    var operations: [(name: String?, selection: [Field])] = []
    repeat {
      var title: String?
      if take("query") {
        if tokens.first != "{", tokens.first != "(" { title = try name() }
        // What the variables' types are is of no interest: only values that are used are looked at.
        if take("(") { while !take(")") { if tokens.popFirst() == nil { throw unexpected("\")\"") } } }
      } else if let other = tokens.first, ["mutation", "subscription", "fragment"].contains(other) {
        throw Mistake(message: "This shop answers queries only, no \(other).")
      }
      operations.append((title, try selection(depth: 0)))
    } while !tokens.isEmpty
    if let wanted {
      guard let operation = operations.first(where: { $0.name == wanted }) else {
        throw Mistake(message: "Unknown operation named \"\(wanted)\".")
      }
      return operation.selection
    }
    guard operations.count == 1 else {
      throw Mistake(message: "Must provide operation name if query contains multiple operations.")
    }
    return operations[0].selection
  }

  private mutating func selection(depth: Int) throws(Mistake) -> [Field] {
    guard depth < Self.deepest else { throw Mistake(message: "The query is nested too deeply.") }
    try expect("{")
    var fields: [Field] = []
    repeat {
      var field = Field(alias: try name(), name: "")
      field.name = take(":") ? try name() : field.alias
      if take("(") {
        repeat {
          let argument = try name()
          try expect(":")
          field.arguments[argument] = try value()
        } while !take(")")
      }
      if tokens.first == "{" { field.selection = try selection(depth: depth + 1) }
      fields.append(field)
    } while !take("}")
    return fields
  }

  private mutating func value() throws(Mistake) -> Value {
    if take("$") { return variables[try name()] ?? .null }
    guard let token = tokens.first, token.hasPrefix("\"") else { throw unexpected("a text or a variable") }
    tokens = tokens.dropFirst()
    return .string(String(token.dropFirst()))
  }
}
