/// What an expression may speak of: variables with their types, and functions.
package struct Environment: Sendable {
  /// Declared variables. A name may hold dots.
  private let variables: [String: ValueType]
  /// Variables that are looked up where `variables` has none, unless their name is reserved. Held as they are, so that an
  /// environment for each of thousands of steps, with as many variables, costs no copy of them.
  private let others: [String: ValueType]
  /// Where names are looked up first: with `a.b`, the name `c` is tried as `a.b.c`, `a.c` and `c`.
  package let container: String
  /// In a lenient environment everything is dynamic, and what would be an issue of names or types is an error of
  /// the evaluation, as for an evaluator without a checker.
  package let isLenient: Bool
  let functions: FunctionTable

  /// - Parameters:
  ///   - others: variables that others may stand in the way of: those in `variables`, and reserved names.
  ///   - functions: the host's, beside the standard library.
  package init(
    variables: [String: ValueType], others: [String: ValueType] = [:], container: String = "",
    functions: [Function] = [], isLenient: Bool = false
  ) {
    self.variables = variables
    self.others = others
    self.container = container
    self.isLenient = isLenient
    var table = FunctionTable.standard
    for function in functions { table.add(function) }
    self.functions = table
  }

  /// Types, functions and namespaces of functions that a variable of the same name does not shadow.
  package static let reservedNames: Set<String> = {
    let table = FunctionTable.standard
    let plain = table.names(isMember: false).filter { !$0.contains(".") }
    return Set(plain).union(TypeName.allCases.map(\.rawValue).filter { !$0.contains(".") })
      .union(["has", "cel", "google"])
      .union(Keyword.keywords).union(Keyword.reserved)
  }()

  /// Compiles a source.
  /// - Throws: all issues at once; of the grammar only the first, since what follows it cannot be read.
  package func compile(_ source: String) throws(CompilationFailure) -> Expression {
    let syntax: Syntax
    do {
      syntax = try Parser.parse(source)
    } catch {
      throw CompilationFailure([error.issue])
    }
    return try compile(syntax, source: source)
  }

  /// Compiles what was parsed already.
  func compile(_ syntax: Syntax, source: String) throws(CompilationFailure) -> Expression {
    var compiler = Compiler(self)
    let root = compiler.compile(syntax)
    guard compiler.issues.isEmpty else { throw CompilationFailure(compiler.issues) }
    return Expression(
      source: source, root: root.node, type: root.type, references: compiler.references, slots: compiler.slotCount,
      locals: compiler.deepestLocal)
  }

  /// The variable that a name stands for, searched from the container outward.
  func variable(_ name: String, isAbsolute: Bool) -> String? {
    first(name, isAbsolute: isAbsolute) { type(ofVariable: $0) != nil }
  }

  /// The type of a declared variable.
  func type(ofVariable name: String) -> ValueType? {
    if let type = variables[name] { return type }
    return Self.reservedNames.contains(name) ? nil : others[name]
  }

  /// The names of all variables, in no order.
  var variableNames: [String] {
    Array(variables.keys) + others.keys.filter { variables[$0] == nil && !Self.reservedNames.contains($0) }
  }

  /// The type that a name stands for, as a value.
  func typeName(_ name: String, isAbsolute: Bool) -> TypeName? {
    if let type = TypeName(rawValue: name) { return type }
    return first(name, isAbsolute: isAbsolute) { TypeName(rawValue: $0) != nil }.flatMap(TypeName.init(rawValue:))
  }

  /// The full name of a function, searched from the container outward.
  func function(_ name: String, isAbsolute: Bool) -> String? {
    first(name, isAbsolute: isAbsolute) { !functions.entries(named: $0, isMember: false).isEmpty }
  }

  private func first(_ name: String, isAbsolute: Bool, where exists: (String) -> Bool) -> String? {
    if isAbsolute || container.isEmpty { return exists(name) ? name : nil }
    var scope = Substring(container)
    while !scope.isEmpty {
      let candidate = "\(scope).\(name)"
      if exists(candidate) { return candidate }
      scope = scope.lastIndex(of: ".").map { scope[..<$0] } ?? ""
    }
    return exists(name) ? name : nil
  }
}
