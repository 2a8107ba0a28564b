/// An option of a command line, by its long name.
struct CurlOption: Sendable {
  var name: String
  /// Empty for options that take none.
  var value: TemplateText
  var offset: Int
}

/// The options of one curl command, cut at `--next`.
struct CurlArguments: Sendable {
  /// The transfers of one set of options.
  struct Section: Sendable {
    var options: [CurlOption] = []
    /// In order, from `--url` and from bare words.
    var urls: [ShellWord] = []
  }

  private(set) var sections = [Section()]
  private let source: SourceText

  /// - Parameters:
  ///   - words: those after `curl`.
  ///   - source: what they were read from.
  /// - Throws: an option that curl does not have, or that lacks its value.
  init(_ words: ArraySlice<ShellWord>, in source: SourceText) throws(ConversionFailure) {
    self.source = source
    var rest = words
    var onlyURLs = false
    while let word = rest.popFirst() {
      let head = word.text.leadingLiteral
      if onlyURLs || !head.hasPrefix("-") || word.text.literal == "-" {
        sections[sections.count - 1].urls.append(word)
      } else if word.text.literal == "--" {
        onlyURLs = true
      } else if head.hasPrefix("--") {
        try add(long: word, &rest)
      } else {
        try add(letters: word, &rest)
      }
    }
  }

  private mutating func add(long word: ShellWord, _ rest: inout ArraySlice<ShellWord>) throws(ConversionFailure) {
    let name = String((word.text.literal ?? word.text.leadingLiteral).dropFirst(2))
    guard let takesValue = CurlOptions.takesValue(name) else {
      throw source.failure("curl has no option --\(name.prefix(60)) that is known here: take it out", at: word.offset)
    }
    try add(name, takesValue: takesValue, attached: nil, at: word.offset, &rest)
  }

  /// `-sSL`, `-XPOST`, `-H"Name: value"`: letters in one word, the last of which may have its value in it.
  private mutating func add(letters word: ShellWord, _ rest: inout ArraySlice<ShellWord>) throws(ConversionFailure) {
    var text = word.text.dropFirst(1)
    while let letter = text.leadingLiteral.utf8.first {
      guard let name = CurlOptions.letters[letter], let takesValue = CurlOptions.takesValue(name) else {
        let shown = text.leadingLiteral.unicodeScalars.first.map(String.init) ?? ""
        throw source.failure("curl has no option -\(shown): take it out", at: word.offset)
      }
      text = text.dropFirst(1)
      if takesValue {
        return try add(name, takesValue: true, attached: text.isEmpty ? nil : text, at: word.offset, &rest)
      }
      try add(name, takesValue: false, attached: nil, at: word.offset, &rest)
    }
  }

  private mutating func add(
    _ name: String, takesValue: Bool, attached: TemplateText?, at offset: Int, _ rest: inout ArraySlice<ShellWord>
  ) throws(ConversionFailure) {
    var value = TemplateText()
    var valueOffset = offset
    if let attached {
      value = attached
    } else if takesValue {
      guard let next = rest.popFirst() else {
        throw source.failure("the option --\(name) needs a value, and the command ends here", at: offset)
      }
      value = next.text
      valueOffset = next.offset
    }
    switch name {
    case "next": sections.append(Section())
    case "url": sections[sections.count - 1].urls.append(ShellWord(text: value, offset: valueOffset))
    default: sections[sections.count - 1].options.append(CurlOption(name: name, value: value, offset: offset))
    }
  }
}

extension TemplateText {
  /// The literal that the text begins with; empty when it begins with an expression.
  var leadingLiteral: String {
    if case .literal(let text)? = pieces.first { text } else { "" }
  }

  /// The text without the first bytes of its leading literal.
  func dropFirst(_ count: Int) -> TemplateText {
    var result = TemplateText(String(decoding: Array(leadingLiteral.utf8.dropFirst(count)), as: UTF8.self))
    for piece in leadingLiteral.isEmpty ? pieces[...] : pieces.dropFirst() {
      switch piece {
      case .literal(let text): result.append(text)
      case .expression(let expression): result.append(expression: expression)
      }
    }
    return result
  }
}
