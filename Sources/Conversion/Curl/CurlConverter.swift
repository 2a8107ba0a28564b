/// Makes checks from curl's command lines: one check a command, with a step for each of its transfers.
struct CurlConverter {
  let options: ConversionOptions

  /// Commands as a shell would read them.
  func convert(_ source: SourceText, into draft: inout ScenarioDraft) throws(ConversionFailure) {
    var shell = ShellWords(source)
    let commands = try shell.commands()
    for remark in shell.remarks { draft.note(remark.message, line: source.line(of: remark.offset)) }
    var isFirst = true
    for command in commands {
      guard let words = try arguments(of: command, in: source) else { continue }
      try convert(words, in: source, isOnly: commands.count == 1, isFirst: isFirst, into: &draft)
      isFirst = false
    }
    guard !draft.checks.isEmpty else {
      throw ConversionFailure("there is no curl command in the input", line: 1, column: 1)
    }
  }

  /// The arguments of one command, after the shell has read them.
  func convert(_ arguments: [String], into draft: inout ScenarioDraft) throws(ConversionFailure) {
    let source = try SourceText(words: arguments)
    var words: [ShellWord] = []
    var offset = 0
    for argument in arguments {
      words.append(ShellWord(text: TemplateText(argument), offset: offset))
      offset += argument.utf8.count + 1
    }
    if let first = words.first?.text.literal, Self.isCurl(first) { words.removeFirst() }
    try convert(words[...], in: source, isOnly: true, isFirst: true, into: &draft)
  }

  private static func isCurl(_ word: String) -> Bool {
    word == "curl" || word == "curl.exe" || word.hasSuffix("/curl")
  }

  /// What stands after `curl`; nil for what is no command, such as an assignment.
  private func arguments(of command: [ShellWord], in source: SourceText) throws(ConversionFailure) -> ArraySlice<
    ShellWord
  >? {
    var words = command[...]
    // A prompt that was copied along, and assignments before a command.
    if words.first?.text.literal == "$" { words = words.dropFirst() }
    while let head = words.first?.text.leadingLiteral, Self.isAssignment(head) { words = words.dropFirst() }
    guard let first = words.first else { return nil }
    guard let name = first.text.literal, Self.isCurl(name) else {
      let shown = first.text.written.unicodeScalars.prefix(40).map { YAMLScalar.isPrintable($0) ? String($0) : "?" }
      throw source.failure("expected a curl command, found '\(shown.joined())'", at: first.offset)
    }
    return words.dropFirst()
  }

  private static func isAssignment(_ text: String) -> Bool {
    guard let equals = text.firstIndex(of: "="), let first = text.utf8.first, first.isLetter || first == 0x5F else {
      return false
    }
    return text[..<equals].utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
  }

  private func convert(
    _ words: ArraySlice<ShellWord>, in source: SourceText, isOnly: Bool, isFirst: Bool, into draft: inout ScenarioDraft
  ) throws(ConversionFailure) {
    let arguments = try CurlArguments(ArraySlice(words.map { Self.keepingSecrets(of: $0, &draft) }), in: source)
    var check = CheckDraft(id: "")
    var names = Names()
    for section in arguments.sections {
      guard !section.urls.isEmpty else {
        throw source.failure("this curl command has no URL", at: words.first?.offset ?? 0)
      }
      for url in section.urls {
        var request = CurlRequest(source: source, names: names)
        let step = try request.step(for: url, section.options, into: &draft)
        names = request.names
        if check.id.isEmpty {
          let suggestion = options.name.map { isFirst || isOnly ? $0 : "\($0)-\(draft.checks.count + 1)" }
          check.id = draft.ids.checkID(suggestion ?? request.target)
        }
        check.steps.append(step)
      }
    }
    draft.checks.append(check)
  }

  /// A variable of the shell whose name says that it holds a secret is read as one, so that it is masked everywhere.
  private static func keepingSecrets(of word: ShellWord, _ draft: inout ScenarioDraft) -> ShellWord {
    var text = TemplateText()
    for piece in word.text.pieces {
      switch piece {
      case .literal(let literal): text.append(literal)
      case .expression(let source):
        let name = String(source.dropFirst("env.".count))
        text.append(expression: SensitiveNames.contains(name) ? draft.secret(environment: name) : source)
      }
    }
    return ShellWord(text: text, offset: word.offset)
  }
}
