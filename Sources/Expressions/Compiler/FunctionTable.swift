/// A function that the host gives to expressions; several of one name are its overloads.
package struct Function: Sendable {
  /// The name, with dots for a namespace: `url.encode`.
  package let name: String
  /// Whether it is called on its first argument: `body.xpath("…")`.
  package let isMember: Bool
  /// Types of the arguments, the receiver first.
  package let parameters: [ValueType]
  /// Type of what it gives.
  package let result: ValueType
  let body: @Sendable ([Value]) throws(EvaluationError) -> Value

  /// - Parameter body: called with arguments of the declared types; may be called on any thread.
  package init(
    _ name: String, isMember: Bool = false, parameters: [ValueType], result: ValueType,
    body: @escaping @Sendable ([Value]) throws(EvaluationError) -> Value
  ) {
    self.name = name
    self.isMember = isMember
    self.parameters = parameters
    self.result = result
    self.body = body
  }
}

/// All functions of an environment, found by name and number of arguments when an expression is compiled.
struct FunctionTable: Sendable {
  enum Body: Sendable {
    case one(@Sendable (Value, inout Frame) throws(EvaluationError) -> Value)
    case two(@Sendable (Value, Value, inout Frame) throws(EvaluationError) -> Value)
    case many(@Sendable ([Value], inout Frame) throws(EvaluationError) -> Value)
  }

  struct Signature: Sendable {
    let parameters: [ValueType]
    let result: ValueType
  }

  /// One name with one number of arguments; the body tells overloads apart by the kinds of values.
  struct Entry: Sendable {
    let name: String
    let isMember: Bool
    /// Arguments, the receiver counted; nil takes any number but none.
    let count: Int?
    var signatures: [Signature]
    var body: Body

    func takes(_ arguments: Int) -> Bool { count.map { $0 == arguments } ?? (arguments > 0) }
  }

  private struct Key: Hashable {
    let name: String
    let isMember: Bool
  }

  private var entries: [Key: [Entry]] = [:]
  /// Names of namespaced functions' namespaces, `math` of `math.abs`.
  private(set) var namespaces: Set<String> = []

  func entries(named name: String, isMember: Bool) -> [Entry] {
    entries[Key(name: name, isMember: isMember)] ?? []
  }

  func entry(named name: String, isMember: Bool, arguments: Int) -> Entry? {
    entries(named: name, isMember: isMember).first { $0.takes(arguments) }
  }

  var names: Set<String> { Set(entries.keys.map(\.name)) }

  func names(isMember: Bool) -> [String] { entries.keys.filter { $0.isMember == isMember }.map(\.name) }

  mutating func add(_ entry: Entry) {
    entries[Key(name: entry.name, isMember: entry.isMember), default: []].append(entry)
    if let dot = entry.name.lastIndex(of: ".") { namespaces.insert(String(entry.name[..<dot])) }
  }

  /// Adds a host's function; one with the same number of arguments as another becomes its overload.
  mutating func add(_ function: Function) {
    let key = Key(name: function.name, isMember: function.isMember)
    let signature = Signature(parameters: function.parameters, result: function.result)
    let count = function.parameters.count
    let previous = entries[key]?.firstIndex { $0.count == count }
    let fallback = previous.flatMap { entries[key]?[$0].body }
    let body = Body.many { (values: [Value], frame: inout Frame) throws(EvaluationError) -> Value in
      guard zip(values, function.parameters).allSatisfy({ $0.isAcceptable(as: $1) }) else {
        switch fallback {
        case .one(let body): return try body(values[0], &frame)
        case .two(let body): return try body(values[0], values[1], &frame)
        case .many(let body): return try body(values, &frame)
        case nil: throw .noSuchOverload(function.name, kinds: values)
        }
      }
      try frame.charge(1)
      return try function.body(values)
    }
    if let previous, var known = entries[key] {
      known[previous].signatures.append(signature)
      known[previous].body = body
      entries[key] = known
    } else {
      add(
        Entry(
          name: function.name, isMember: function.isMember, count: count, signatures: [signature], body: body))
    }
  }
}

extension Value {
  /// Whether the value may be given for a parameter of this type; elements of lists and maps are not looked at.
  func isAcceptable(as type: ValueType) -> Bool {
    switch (self, type) {
    case (_, .dyn), (.null, .null), (.bool, .bool), (.int, .int), (.uint, .uint), (.double, .double),
      (.string, .string), (.bytes, .bytes), (.timestamp, .timestamp), (.duration, .duration), (.type, .type),
      (.list, .list), (.map, .map), (.map, .record), (.document, .document):
      true
    default: false
    }
  }
}

extension FunctionTable {
  /// Declares a function of one argument.
  mutating func one(
    _ name: String, member: Bool = false, _ signatures: [(ValueType, ValueType)],
    _ body: @escaping @Sendable (Value, inout Frame) throws(EvaluationError) -> Value
  ) {
    let signatures = signatures.map { Signature(parameters: [$0.0], result: $0.1) }
    add(Entry(name: name, isMember: member, count: 1, signatures: signatures, body: .one(body)))
  }

  /// Declares a function of two arguments.
  mutating func two(
    _ name: String, member: Bool = false, _ signatures: [(ValueType, ValueType, ValueType)],
    _ body: @escaping @Sendable (Value, Value, inout Frame) throws(EvaluationError) -> Value
  ) {
    let signatures = signatures.map { Signature(parameters: [$0.0, $0.1], result: $0.2) }
    add(Entry(name: name, isMember: member, count: 2, signatures: signatures, body: .two(body)))
  }

  /// Declares a function of a fixed number of arguments beyond two, or of any number where `count` is nil.
  mutating func many(
    _ name: String, member: Bool = false, count: Int?, _ parameters: [ValueType], _ result: ValueType,
    _ body: @escaping @Sendable ([Value], inout Frame) throws(EvaluationError) -> Value
  ) {
    let signature = Signature(parameters: parameters, result: result)
    add(Entry(name: name, isMember: member, count: count, signatures: [signature], body: .many(body)))
  }

  /// The standard library with the extensions for strings, math and encoders, and Curlew's own functions.
  static let standard: FunctionTable = {
    var table = FunctionTable()
    table.addCoreFunctions()
    table.addConversions()
    table.addTimeFunctions()
    table.addStringFunctions()
    table.addMathFunctions()
    table.addEncoders()
    table.addCurlewFunctions()
    table.addMarkupFunctions()
    return table
  }()
}
