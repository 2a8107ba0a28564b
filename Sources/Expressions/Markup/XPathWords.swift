/// The words of an XPath, as far as is needed to know its functions and whether it joins sets of nodes
/// (https://www.w3.org/TR/xpath-10/#exprlex). The grammar itself is libxml2's.
struct XPathWords {
  private enum Word: Hashable {
    /// A literal or a number.
    case value
    /// A name test, `*`, or a node test with its parentheses.
    case step
    /// `.` and `..`
    case dot, parent
    case openParenthesis, closeParenthesis, openBracket, closeBracket
    case slash, doubleSlash, at, comma, pipe, comparison
    /// `and`, `or`, `div`, `mod`, `+`, `-`, `*`.
    case arithmetic
    case axis(String)
    case function(String)
    /// The name of a node test whose parentheses are still to come.
    case nodeTest
  }

  private static let nodeTests: Set<String> = ["node", "text", "comment", "processing-instruction"]
  /// Axes on which different nodes lead to different nodes.
  private static let plainAxes: Set<String> = ["child", "attribute", "self", "namespace"]

  private var words: [Word] = []
  /// Whether two sets of nodes are joined or compared with one another.
  private(set) var joinsNodeSets = false

  init(_ source: String) throws(MarkupError) {
    try read(Array(source.unicodeScalars))
    joinsNodeSets = words.indices.contains { joins(at: $0) }
  }

  // MARK: Reading

  private mutating func read(_ text: [Unicode.Scalar]) throws(MarkupError) {
    var position = 0
    func next(_ offset: Int = 1) -> Unicode.Scalar? {
      position + offset < text.count ? text[position + offset] : nil
    }
    while position < text.count {
      let scalar = text[position]
      switch scalar {
      case "'", "\"":
        words.append(.value)
        position = text[(position + 1)...].firstIndex(of: scalar) ?? text.count
      case "(": words.append(.openParenthesis)
      case ")": words.append(.closeParenthesis)
      case "[": words.append(.openBracket)
      case "]": words.append(.closeBracket)
      case "@": words.append(.at)
      case ",": words.append(.comma)
      case "|": words.append(.pipe)
      case "=", "<", ">", "!": words.append(.comparison)
      case "+", "-": words.append(.arithmetic)
      case "*": words.append(isAfterOperand ? .arithmetic : .step)
      case "$":
        throw MarkupError("an XPath has no variables here; put the value in with CEL: \"//a[@id='\" + id + \"']\"")
      case "/":
        words.append(next() == "/" ? .doubleSlash : .slash)
        if next() == "/" { position += 1 }
      case ".":
        if next()?.isDigit == true {
          while next()?.isDigit == true { position += 1 }
          words.append(.value)
        } else {
          words.append(next() == "." ? .parent : .dot)
          if next() == "." { position += 1 }
        }
      case _ where scalar.isDigit:
        while next()?.isDigit == true || next() == "." { position += 1 }
        words.append(.value)
      case _ where scalar.properties.isWhitespace: break
      default:
        var end = position + 1
        while end < text.count, text[end].isNamePart || (text[end] == ":" && isPrefix(text, colon: end)) { end += 1 }
        try name(String(String.UnicodeScalarView(text[position..<end])), followedBy: text[end...])
        if words.last == .nodeTest, let close = text[end...].firstIndex(of: ")") {
          words[words.count - 1] = .step
          end = close + 1
        }
        position = end - 1
      }
      position += 1
    }
  }

  /// Whether a colon stands between a prefix and a name, and is not the first of `::`.
  private func isPrefix(_ text: [Unicode.Scalar], colon: Int) -> Bool {
    guard colon + 1 < text.count, text[colon - 1] != ":" else { return false }
    return text[colon + 1] != ":" && (text[colon + 1].isNamePart || text[colon + 1] == "*")
  }

  private mutating func name(_ name: String, followedBy rest: ArraySlice<Unicode.Scalar>) throws(MarkupError) {
    if isAfterOperand, ["and", "or", "div", "mod"].contains(name) {
      words.append(.arithmetic)
      return
    }
    let rest = rest.drop { $0.properties.isWhitespace }
    if rest.starts(with: [":", ":"]) {
      words.append(.axis(name))
      return
    }
    guard rest.first == "(" else {
      words.append(.step)
      return
    }
    if Self.nodeTests.contains(name) {
      words.append(.nodeTest)
      return
    }
    guard XPathFunctions.core.contains(name) else {
      let suggestion = Suggestion.nearest(to: name, among: XPathFunctions.core)
      throw MarkupError("unknown XPath function '\(name)'\(suggestion.map { "; did you mean '\($0)'?" } ?? "")")
    }
    words.append(.function(name))
  }

  private var isAfterOperand: Bool {
    switch words.last {
    case .value, .step, .dot, .parent, .closeParenthesis, .closeBracket: true
    default: false
    }
  }

  // MARK: Judging

  private func joins(at index: Int) -> Bool {
    switch words[index] {
    case .pipe: return true
    case .comparison:
      // `<=` and `!=` are two words; each has one operand beside it, and one that is no path is enough.
      let left = index > 0 && words[index - 1] == .comparison ? index - 2 : index - 1
      let right = index + 1 < words.count && words[index + 1] == .comparison ? index + 2 : index + 1
      return !(endsValue(left) || beginsValue(right))
    case .doubleSlash: return !isStartOfPath(index)
    case .axis(let name): return !Self.plainAxes.contains(name) && !isStartOfPath(index)
    case .parent: return !isStartOfPath(index)
    default: return false
    }
  }

  /// Whether the operand that begins there is no set of nodes.
  private func beginsValue(_ index: Int) -> Bool {
    guard words.indices.contains(index) else { return false }
    switch words[index] {
    case .value, .arithmetic: return true
    case .function(let name): return name != "id"
    default: return false
    }
  }

  /// Whether the operand that ends there is no set of nodes.
  private func endsValue(_ index: Int) -> Bool {
    guard words.indices.contains(index) else { return false }
    if words[index] == .value { return true }
    guard words[index] == .closeParenthesis else { return false }
    var depth = 0
    for place in words[...index].indices.reversed() {
      if words[place] == .closeParenthesis { depth += 1 }
      if words[place] == .openParenthesis { depth -= 1 }
      if depth == 0 { return place > 0 && beginsValue(place - 1) }
    }
    return false
  }

  /// Whether what stands at `index` goes out from a single node: the root or the context's.
  private func isStartOfPath(_ index: Int) -> Bool {
    guard index > 0 else { return true }
    switch words[index - 1] {
    case .openParenthesis, .openBracket, .comma, .pipe, .comparison, .arithmetic: return true
    // `.//a`, and `/descendant::a` from the root.
    case .dot, .slash: return isStartOfPath(index - 1)
    default: return false
    }
  }
}

extension Unicode.Scalar {
  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }

  /// Whether it may stand inside a name.
  fileprivate var isNamePart: Bool {
    self == "-" || self == "_" || self == "." || properties.isAlphabetic || properties.numericType != nil
      || value > 0x7F && !properties.isWhitespace
  }
}
