/// Reads an expression by precedence climbing: few stack frames a level, and a bound on levels, because sources come from
/// files that nobody has read yet.
struct Parser {
  /// Levels of brackets; the specification asks for at least 12 of most kinds and 32 of parentheses.
  static let deepestNesting = 64
  /// Height of the tree, which chains such as `a + b + c` also raise.
  static let tallestTree = 128
  /// Bytes of a source.
  static let longestSource = 256 << 10

  private var lexer: Lexer
  private var token: Token
  private var depth = 0

  /// Parses a whole source.
  static func parse(_ source: String) throws(Issue.Thrown) -> Syntax {
    let bytes = Array(source.utf8)
    guard bytes.count <= longestSource else {
      throw Issue.Thrown("an expression of \(bytes.count) bytes is too long; at most \(longestSource)", 0..<0)
    }
    var parser = try Parser(Lexer(bytes))
    let syntax = try parser.expression()
    guard parser.token.kind == .end else {
      throw parser.unexpected("expected an operator or the end")
    }
    return syntax
  }

  /// Whether the first parenthesis of a text that is an expression closes at its end.
  static func isParenthesised(_ text: String) -> Bool {
    var lexer = Lexer(Array(text.utf8))
    var depth = 0
    while let token = try? lexer.next(), token.kind != .end {
      if token.kind == .symbol(.leftParenthesis) { depth += 1 }
      if token.kind == .symbol(.rightParenthesis) { depth -= 1 }
      if depth == 0 { return token.range.upperBound == text.utf8.count }
    }
    return false
  }

  private init(_ lexer: Lexer) throws(Issue.Thrown) {
    var lexer = lexer
    token = try lexer.next()
    self.lexer = lexer
  }

  private mutating func advance() throws(Issue.Thrown) {
    token = try lexer.next()
  }

  private mutating func take(_ symbol: Symbol) throws(Issue.Thrown) -> Bool {
    guard token.kind == .symbol(symbol) else { return false }
    try advance()
    return true
  }

  private mutating func expect(_ symbol: Symbol) throws(Issue.Thrown) -> Range<Int> {
    let range = token.range
    guard try take(symbol) else { throw unexpected("expected '\(symbol.rawValue)'") }
    return range
  }

  private func unexpected(_ wanted: String) -> Issue.Thrown {
    if token.kind == .end { return Issue.Thrown("\(wanted), but the expression ends here", token.range) }
    let text = String(decoding: lexer.bytes[token.range].prefix(40), as: UTF8.self).escapedForDisplay
    return Issue.Thrown("\(wanted), found '\(text)'", token.range)
  }

  private func node(_ kind: Syntax.Kind, _ range: Range<Int>) throws(Issue.Thrown) -> Syntax {
    let syntax = Syntax(kind, range)
    guard syntax.height <= Self.tallestTree else {
      throw Issue.Thrown("the expression is nested more than \(Self.tallestTree) levels deep", range)
    }
    return syntax
  }

  /// `Expr = ConditionalOr ["?" ConditionalOr ":" Expr]`.
  private mutating func expression() throws(Issue.Thrown) -> Syntax {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepestNesting else {
      throw Issue.Thrown("the expression is nested more than \(Self.deepestNesting) levels deep", token.range)
    }
    // A chain of conditions is read in a loop: it is long in sources, and would be deep as a recursion.
    var conditions: [(condition: Syntax, yes: Syntax)] = []
    var last = try binary(above: 0)
    while try take(.question) {
      let yes = try binary(above: 0)
      _ = try expect(.colon)
      conditions.append((last, yes))
      last = try binary(above: 0)
    }
    for (condition, yes) in conditions.reversed() {
      last = try node(.conditional(condition, yes, last), condition.range.lowerBound..<last.range.upperBound)
    }
    return last
  }

  private enum Infix {
    case or, and
    case binary(BinaryOperator)
  }

  private func infix() -> (operator: Infix, precedence: Int)? {
    switch token.kind {
    case .symbol(let symbol):
      switch symbol {
      case .or: (.or, 1)
      case .and: (.and, 2)
      case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual:
        BinaryOperator(rawValue: symbol.rawValue).map { (.binary($0), 3) }
      case .plus: (.binary(.add), 4)
      case .minus: (.binary(.subtract), 4)
      case .star: (.binary(.multiply), 5)
      case .slash: (.binary(.divide), 5)
      case .percent: (.binary(.remainder), 5)
      default: nil
      }
    case .identifier("in"): (.binary(.member), 3)
    default: nil
    }
  }

  private mutating func binary(above floor: Int) throws(Issue.Thrown) -> Syntax {
    var left = try unary()
    while let (infix, precedence) = infix(), precedence > floor {
      switch infix {
      case .binary(let name):
        try advance()
        let right = try binary(above: precedence)
        left = try node(.binary(name, left, right), left.range.lowerBound..<right.range.upperBound)
      case .and, .or:
        let symbol: Symbol = if case .and = infix { .and } else { .or }
        var parts = [left]
        while try take(symbol) { parts.append(try binary(above: precedence)) }
        let range = left.range.lowerBound..<(parts.last ?? left).range.upperBound
        left = try node(symbol == .and ? .and(parts) : .or(parts), range)
      }
    }
    return left
  }

  /// `Unary = Member | "!" {"!"} Member | "-" {"-"} Member`, where a minus before digits belongs to the number.
  private mutating func unary() throws(Issue.Thrown) -> Syntax {
    var signs: [(symbol: Symbol, start: Int)] = []
    while case .symbol(let symbol) = token.kind, symbol == .not || symbol == .minus {
      signs.append((symbol, token.range.lowerBound))
      try advance()
    }
    var operand: Syntax
    if let sign = signs.last, sign.symbol == .minus, let negative = negated(token.kind) {
      signs.removeLast()
      let literal = try node(.literal(negative), sign.start..<token.range.upperBound)
      try advance()
      operand = try suffixes(of: literal)
    } else {
      operand = try member()
    }
    for sign in signs.reversed() {
      let range = sign.start..<operand.range.upperBound
      operand = try node(sign.symbol == .not ? .not(operand) : .negate(operand), range)
    }
    return operand
  }

  private func negated(_ kind: Token.Kind) -> Value? {
    switch kind {
    case .int(let magnitude): magnitude > UInt64(Int64.max) ? .int(.min) : .int(-Int64(magnitude))
    case .literal(.double(let value)): .double(-value)
    default: nil
    }
  }

  private mutating func member() throws(Issue.Thrown) -> Syntax {
    try suffixes(of: try primary())
  }

  private mutating func suffixes(of operand: Syntax) throws(Issue.Thrown) -> Syntax {
    var operand = operand
    while true {
      if try take(.dot) {
        operand = try selection(of: operand)
      } else if try take(.leftBracket) {
        let index = try expression()
        let end = try expect(.rightBracket).upperBound
        operand = try node(.index(operand, index), operand.range.lowerBound..<end)
      } else {
        return operand
      }
    }
  }

  private mutating func selection(of operand: Syntax) throws(Issue.Thrown) -> Syntax {
    let range = token.range
    switch token.kind {
    case .identifier(let name) where !Keyword.keywords.contains(name):
      try advance()
      if token.kind == .symbol(.leftParenthesis) {
        let (arguments, end) = try arguments()
        let call = Syntax.Call(
          target: operand, name: name, nameRange: range, isAbsolute: false, arguments: arguments)
        return try node(.call(call), operand.range.lowerBound..<end)
      }
      return try node(
        .select(operand, Syntax.Field(name: name, range: range)), operand.range.lowerBound..<range.upperBound)
    case .quotedIdentifier(let name):
      try advance()
      return try node(
        .select(operand, Syntax.Field(name: name, range: range)), operand.range.lowerBound..<range.upperBound)
    default: throw unexpected("expected the name of a field or function")
    }
  }

  private mutating func arguments() throws(Issue.Thrown) -> (arguments: [Syntax], end: Int) {
    _ = try expect(.leftParenthesis)
    var arguments: [Syntax] = []
    if token.kind != .symbol(.rightParenthesis) {
      repeat { arguments.append(try expression()) } while try take(.comma)
    }
    return (arguments, try expect(.rightParenthesis).upperBound)
  }

  private mutating func primary() throws(Issue.Thrown) -> Syntax {
    let start = token.range
    switch token.kind {
    case .int(let magnitude):
      guard let value = Int64(exactly: magnitude) else {
        throw Issue.Thrown("'\(magnitude)' does not fit into 64 bits", start)
      }
      try advance()
      return try node(.literal(.int(value)), start)
    case .literal(let value):
      try advance()
      return try node(.literal(value), start)
    case .symbol(.leftParenthesis):
      try advance()
      let inner = try expression()
      let end = try expect(.rightParenthesis).upperBound
      return try node(inner.kind, start.lowerBound..<end)
    case .symbol(.leftBracket): return try list()
    case .symbol(.leftBrace): return try map()
    case .symbol(.dot):
      try advance()
      return try name(isAbsolute: true, from: start.lowerBound)
    case .identifier: return try name(isAbsolute: false, from: start.lowerBound)
    default: throw unexpected("expected a value")
    }
  }

  private mutating func name(isAbsolute: Bool, from start: Int) throws(Issue.Thrown) -> Syntax {
    let range = token.range
    guard case .identifier(let name) = token.kind, !Keyword.keywords.contains(name) else {
      throw unexpected(isAbsolute ? "expected a name" : "expected a value")
    }
    guard !Keyword.reserved.contains(name) else {
      throw Issue.Thrown("'\(name)' is a reserved word; it can only be the name of a field", range)
    }
    try advance()
    switch token.kind {
    case .symbol(.leftParenthesis):
      let (arguments, end) = try arguments()
      let call = Syntax.Call(
        target: nil, name: name, nameRange: range, isAbsolute: isAbsolute, arguments: arguments)
      return try node(.call(call), start..<end)
    case .symbol(.leftBrace):
      throw Issue.Thrown("messages are not supported; write a map, {\"field\": value}", token.range)
    default:
      return try node(.identifier(name, isAbsolute: isAbsolute), start..<range.upperBound)
    }
  }

  private mutating func list() throws(Issue.Thrown) -> Syntax {
    let start = try expect(.leftBracket).lowerBound
    var elements: [Syntax] = []
    while token.kind != .symbol(.rightBracket) {
      elements.append(try expression())
      guard try take(.comma) else { break }
    }
    let end = try expect(.rightBracket).upperBound
    return try node(.list(elements), start..<end)
  }

  private mutating func map() throws(Issue.Thrown) -> Syntax {
    let start = try expect(.leftBrace).lowerBound
    var entries: [Syntax.Entry] = []
    while token.kind != .symbol(.rightBrace) {
      let key = try expression()
      _ = try expect(.colon)
      entries.append(Syntax.Entry(key: key, value: try expression()))
      guard try take(.comma) else { break }
    }
    let end = try expect(.rightBrace).upperBound
    return try node(.map(entries), start..<end)
  }
}
