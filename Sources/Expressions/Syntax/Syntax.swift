/// A parsed expression, before names mean anything.
final class Syntax: Sendable {
  enum Kind: Sendable {
    case literal(Value)
    /// `isAbsolute` is a leading dot: the name outside of macros and container.
    case identifier(String, isAbsolute: Bool)
    case select(Syntax, Field)
    case index(Syntax, Syntax)
    case call(Call)
    case not(Syntax)
    case negate(Syntax)
    case binary(BinaryOperator, Syntax, Syntax)
    /// Chains are flat, so that a long one is not deep.
    case and([Syntax])
    case or([Syntax])
    case conditional(Syntax, Syntax, Syntax)
    case list([Syntax])
    case map([Entry])
  }

  struct Field: Sendable {
    let name: String
    let range: Range<Int>
  }

  struct Call: Sendable {
    let target: Syntax?
    let name: String
    let nameRange: Range<Int>
    let isAbsolute: Bool
    let arguments: [Syntax]
  }

  struct Entry: Sendable {
    let key: Syntax
    let value: Syntax
  }

  let kind: Kind
  /// UTF-8 offsets into the source, with parentheses around it.
  let range: Range<Int>
  /// 1 for a leaf; bounded by the parser, so that walking the tree cannot overflow a stack.
  let height: Int

  init(_ kind: Kind, _ range: Range<Int>) {
    self.kind = kind
    self.range = range
    height = 1 + kind.children.reduce(0) { max($0, $1.height) }
  }
}

extension Syntax.Kind {
  fileprivate var children: [Syntax] {
    switch self {
    case .literal, .identifier: []
    case .select(let operand, _), .not(let operand), .negate(let operand): [operand]
    case .index(let a, let b), .binary(_, let a, let b): [a, b]
    case .call(let call): (call.target.map { [$0] } ?? []) + call.arguments
    case .and(let parts), .or(let parts), .list(let parts): parts
    case .conditional(let a, let b, let c): [a, b, c]
    case .map(let entries): entries.flatMap { [$0.key, $0.value] }
    }
  }
}

/// Operators of two operands that compute both.
enum BinaryOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case remainder = "%"
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case member = "in"

  /// The name that CEL gives the operator in messages.
  var functionName: String { self == .member ? "@in" : "_\(rawValue)_" }
}
