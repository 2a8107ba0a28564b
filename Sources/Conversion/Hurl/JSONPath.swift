/// A JSONPath (RFC 9535, and Goessner's, which Hurl speaks) as an expression of CEL.
struct JSONPath: Sendable {
  /// The value, or the list of values where `isMany`.
  let source: String
  /// Whether it selects by a wildcard, a slice or a filter, so that there may be any number of values.
  let isMany: Bool
  /// An expression that says whether there is such a value.
  let existence: String
  /// The same, and every step on the way there too: false where `existence` would be an error.
  let guardedExistence: String

  private enum Segment {
    case name(String)
    case index(Int)
    case every
    case slice(Int?, Int?)
    case filter(String)
  }

  /// - Parameters:
  ///   - path: the JSONPath.
  ///   - root: the expression of the value that `$` is.
  /// - Returns: nil where CEL has no word for it: descendants (`..`), unions, and wildcards inside wildcards.
  init?(_ path: String, root: String = "json") {
    var reader = Reader(path)
    guard let segments = reader.segments() else { return nil }
    var single = root
    var guards: [String] = []
    var rest = segments[...]
    loop: while let segment = rest.first {
      switch segment {
      case .name(let name):
        guards.append(CELText.isField(name) ? "has(\(single).\(name))" : "\(CELText.quoted(name)) in \(single)")
        single += CELText.member(name)
      case .index(let index):
        guards.append("size(\(single)) > \(index < 0 ? -index - 1 : index)")
        single += Self.subscripted(single, index)
      case .every, .slice, .filter: break loop
      }
      rest = rest.dropFirst()
    }
    guard !rest.isEmpty else {
      source = single
      isMany = false
      existence = guards.last ?? "true"
      guardedExistence = guards.isEmpty ? "true" : guards.joined(separator: " && ")
      return
    }
    guard let many = Self.many(single, rest) else { return nil }
    source = many
    isMany = true
    existence = "size(\(many)) > 0"
    guardedExistence = (guards + [existence]).joined(separator: " && ")
  }

  static func subscripted(_ list: String, _ index: Int) -> String {
    index < 0 ? "[size(\(list)) - \(-index)]" : "[\(index)]"
  }

  /// A list of values: the first segment chooses them, the names after it are taken of each.
  private static func many(_ root: String, _ segments: ArraySlice<Segment>) -> String? {
    var list = root
    var rest = segments
    var members = ""
    while let segment = rest.popFirst() {
      switch segment {
      case .every where list == root && members.isEmpty: break
      case .slice(let from, let to) where members.isEmpty: list = slice(list, from, to)
      case .filter(let condition) where members.isEmpty: list += ".filter(i, \(condition))"
      case .name(let name): members += CELText.member(name)
      case .index(let index) where index >= 0: members += "[\(index)]"
      case .every, .slice, .filter, .index: return nil
      }
    }
    return members.isEmpty ? list : "\(list).map(i, i\(members))"
  }

  /// The elements of a part of a list, by their positions.
  private static func slice(_ list: String, _ from: Int?, _ to: Int?) -> String {
    func position(_ value: Int) -> String { value < 0 ? "size(\(list)) - \(-value)" : String(value) }
    var conditions: [String] = []
    if let from, from != 0 { conditions.append("i >= \(position(from))") }
    if let to { conditions.append("i < \(position(to))") }
    guard !conditions.isEmpty else { return list }
    return "\(list).transformList(i, v, \(conditions.joined(separator: " && ")), v)"
  }

  /// Reads the text of a path.
  private struct Reader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ text: String) -> Bool {
      guard bytes[position...].starts(with: text.utf8) else { return false }
      position += text.utf8.count
      return true
    }

    private mutating func take(while fits: (UInt8) -> Bool) -> String {
      let start = position
      while let byte = peek, fits(byte) { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func skipBlanks() { _ = take(while: \.isBlank) }

    mutating func segments() -> [Segment]? {
      guard take("$") else { return nil }
      var segments: [Segment] = []
      while peek != nil {
        if take("..") { return nil }
        if take(".*") {
          segments.append(.every)
        } else if take(".") {
          let name = take { !".[] \t()".utf8.contains($0) }
          guard !name.isEmpty else { return nil }
          segments.append(.name(name))
        } else if take("[") {
          guard let segment = bracketed() else { return nil }
          segments.append(segment)
        } else {
          return nil
        }
      }
      return segments
    }

    private mutating func bracketed() -> Segment? {
      skipBlanks()
      var segment: Segment?
      if take("*") {
        segment = .every
      } else if take("?") {
        skipBlanks()
        let hasParenthesis = take("(")
        guard let condition = condition(), !hasParenthesis || take(")") else { return nil }
        segment = .filter(condition)
      } else if let name = quoted() {
        segment = .name(name)
      } else {
        let first = take { $0.isDigit || $0 == UInt8(ascii: "-") }
        if take(":") {
          let second = take { $0.isDigit || $0 == UInt8(ascii: "-") }
          segment = .slice(Int(first), Int(second))
        } else if let index = Int(first) {
          segment = .index(index)
        }
      }
      skipBlanks()
      return take("]") ? segment : nil
    }

    private mutating func quoted() -> String? {
      guard let quote = peek, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
      position += 1
      var text: [UInt8] = []
      while let byte = peek {
        position += 1
        if byte == quote { return String(decoding: text, as: UTF8.self) }
        if byte == UInt8(ascii: "\\"), let next = peek {
          position += 1
          text.append(next)
        } else {
          text.append(byte)
        }
      }
      return nil
    }

    /// `@.a == 'x' && @.b > 2 || @.c`
    private mutating func condition() -> String? {
      guard var result = comparison() else { return nil }
      while true {
        skipBlanks()
        let word = take("&&") ? " && " : take("||") ? " || " : nil
        guard let word else { return result }
        guard let next = comparison() else { return nil }
        result += word + next
      }
    }

    private mutating func comparison() -> String? {
      skipBlanks()
      let isNegative = take("!")
      guard take("@") else { return nil }
      var member = "i"
      var guards: [String] = []
      while true {
        var name = ""
        if take(".") {
          name = take { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") || $0 >= 0x80 }
        } else if take("[") {
          guard let quoted = quoted(), take("]") else { return nil }
          name = quoted
        } else {
          break
        }
        guard !name.isEmpty else { return nil }
        guards.append(CELText.isField(name) ? "has(\(member).\(name))" : "\(CELText.quoted(name)) in \(member)")
        member += CELText.member(name)
      }
      skipBlanks()
      guard let operation = ["==", "!=", "<=", ">=", "<", ">"].first(where: { take($0) }) else {
        let existence = guards.joined(separator: " && ")
        return existence.isEmpty ? nil : isNegative ? "!(\(existence))" : existence
      }
      skipBlanks()
      guard !isNegative, let value = literal() else { return nil }
      return (guards + ["\(member) \(operation) \(value)"]).joined(separator: " && ")
    }

    private mutating func literal() -> String? {
      if let text = quoted() { return CELText.quoted(text) }
      for word in ["true", "false", "null"] where take(word) { return word }
      let digits = take { $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
      return Int(digits) != nil || (Double(digits) != nil && digits.contains(".")) ? digits : nil
    }
  }
}
