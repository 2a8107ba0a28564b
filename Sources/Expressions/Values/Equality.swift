/// CEL's own equality and order: numbers by value across int, uint and double, text by code point.
enum Equality {
  /// Whether `a == b`. The work done is taken off `budget`; once it is below zero the answer means nothing.
  static func equal(_ left: Value, _ right: Value, budget: inout Int) -> Bool {
    switch (left, right) {
    case (.int(let a), .int(let b)): return a == b
    case (.string(let a), .string(let b)):
      let size = a.utf8.count
      guard size == b.utf8.count else { return false }
      if size > 64 { budget -= size / 64 }
      return a.hasSameCodePoints(as: b)
    case (.bool(let a), .bool(let b)): return a == b
    case (.double(let a), .double(let b)): return a == b
    case (.uint(let a), .uint(let b)): return a == b
    case (.null, .null): return true
    case (.list(let a), .list(let b)):
      guard a.count == b.count else { return false }
      for (x, y) in zip(a, b) {
        budget -= 1
        if budget < 0 || !equal(x, y, budget: &budget) { return false }
      }
      return true
    case (.map(let a), .map(let b)):
      guard a.count == b.count, let mine = try? a.entries() else { return false }
      for (key, value) in mine {
        budget -= 1
        guard budget >= 0, let other = (try? b.member(key)) ?? nil, equal(value, other, budget: &budget) else {
          return false
        }
      }
      return true
    case (.bytes(let a), .bytes(let b)):
      budget -= a.count / 64
      return a == b
    case (.timestamp(let a), .timestamp(let b)): return a == b
    case (.duration(let a), .duration(let b)): return a == b
    case (.type(let a), .type(let b)): return a == b
    default: return orderOfNumbers(left, right) == .same
    }
  }

  /// How one value stands to another.
  enum Order {
    case ascending, same, descending
    /// A NaN takes part: every comparison is false.
    case unordered

    fileprivate init<T: Comparable>(_ left: T, _ right: T) {
      self = left < right ? .ascending : left == right ? .same : .descending
    }

    fileprivate var reversed: Order {
      switch self {
      case .ascending: .descending
      case .descending: .ascending
      default: self
      }
    }
  }

  /// The order of two values; nil where CEL has none, as between lists or between text and numbers.
  static func order(_ left: Value, _ right: Value) -> Order? {
    switch (left, right) {
    case (.int(let a), .int(let b)): Order(a, b)
    case (.duration(let a), .duration(let b)): Order(a, b)
    case (.string(let a), .string(let b)):
      a.hasSameCodePoints(as: b) ? .same : a.precedesByCodePoint(b) ? .ascending : .descending
    case (.timestamp(let a), .timestamp(let b)): Order(a, b)
    case (.bool(let a), .bool(let b)): Order(a ? 1 : 0, b ? 1 : 0)
    case (.bytes(let a), .bytes(let b)):
      a == b ? .same : a.lexicographicallyPrecedes(b) ? .ascending : .descending
    default: orderOfNumbers(left, right)
    }
  }

  private static func orderOfNumbers(_ left: Value, _ right: Value) -> Order? {
    switch (left, right) {
    case (.int(let a), .int(let b)): Order(a, b)
    case (.uint(let a), .uint(let b)): Order(a, b)
    case (.double(let a), .double(let b)): a.isNaN || b.isNaN ? .unordered : Order(a, b)
    case (.int(let a), .uint(let b)): a < 0 ? .ascending : Order(UInt64(a), b)
    case (.uint(let a), .int(let b)): b < 0 ? .descending : Order(a, UInt64(b))
    case (.int(let a), .double(let b)): order(a, b)
    case (.uint(let a), .double(let b)): order(a, b)
    case (.double(let a), .int(let b)): order(b, a).reversed
    case (.double(let a), .uint(let b)): order(b, a).reversed
    default: nil
    }
  }

  /// As the reference implementations do: a double inside the integer's range is compared with the integer rounded to a
  /// double, so that 2⁶³ − 1 and 2⁶³ as a double are the same.
  private static func order<T: FixedWidthInteger>(_ whole: T, _ double: Double) -> Order {
    if double.isNaN { return .unordered }
    if double < Double(T.min) { return .descending }
    if double > Double(T.max) { return .ascending }
    return Order(Double(whole), double)
  }
}
