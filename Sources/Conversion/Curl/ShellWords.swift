/// A word of a command line, its quotes taken off.
struct ShellWord: Sendable {
  /// Variables of the shell are expressions that read the environment.
  var text: TemplateText
  /// Where it begins in the input.
  var offset: Int
}

/// Something of a command line that is no part of the command.
struct ShellRemark: Sendable {
  var message: String
  var offset: Int
}

/// Reads command lines as sh and bash do (POSIX.1-2017, Shell Command Language, section 2), as far as pasted commands go.
struct ShellWords {
  private var cursor: Cursor
  private(set) var remarks: [ShellRemark] = []

  init(_ source: SourceText) {
    cursor = Cursor(source)
  }

  /// The commands in turn, each with its words.
  mutating func commands() throws(ConversionFailure) -> [[ShellWord]] {
    var commands: [[ShellWord]] = []
    var words: [ShellWord] = []
    func finish() {
      if !words.isEmpty { commands.append(words) }
      words = []
    }
    while !cursor.isAtEnd {
      skipBlanksAndContinuations()
      guard let byte = cursor.peek else { break }
      switch byte {
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: ";"):
        cursor.position += 1
        finish()
      case UInt8(ascii: "&"), UInt8(ascii: "("), UInt8(ascii: ")"):
        cursor.position += 1
        finish()
      case UInt8(ascii: "#"): skipToLineEnd()
      case UInt8(ascii: "|"):
        let start = cursor.position
        cursor.position += 1
        finish()
        if !cursor.take("|") { try skipPipe(from: start) }
      case UInt8(ascii: "<"), UInt8(ascii: ">"): try skipRedirection()
      default:
        if let word = try word() { words.append(word) }
      }
    }
    finish()
    return commands
  }

  private mutating func skipBlanksAndContinuations() {
    while true {
      cursor.skipBlanks()
      if !cursor.take("\\\r\n"), !cursor.take("\\\n") { return }
    }
  }

  private mutating func skipToLineEnd() {
    _ = cursor.take { !$0.isLineEnd }
  }

  /// Goes past the programs that a command's output is piped into.
  private mutating func skipPipe(from start: Int) throws(ConversionFailure) {
    remarks.append(ShellRemark(message: "what the output is piped into is not carried over", offset: start))
    while true {
      skipBlanksAndContinuations()
      guard let byte = cursor.peek, !byte.isLineEnd, byte != UInt8(ascii: ";"), byte != UInt8(ascii: "&") else {
        return
      }
      if "|<>()".utf8.contains(byte) { cursor.position += 1 } else { _ = try word() }
    }
  }

  private mutating func skipRedirection() throws(ConversionFailure) {
    let start = cursor.position
    if cursor.starts(with: "<<") {
      throw cursor.failure("a here-document cannot be converted: write the data into the command, as --data '…'")
    }
    if cursor.starts(with: "<(") || cursor.starts(with: ">(") {
      throw cursor.failure("process substitution cannot be converted: write its result into the command")
    }
    let isInput = cursor.peek == UInt8(ascii: "<")
    _ = cursor.take { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "&") }
    skipBlanksAndContinuations()
    _ = try word()
    if isInput { remarks.append(ShellRemark(message: "standard input is not carried over", offset: start)) }
  }

  /// A word; nil for the number before a redirection.
  private mutating func word() throws(ConversionFailure) -> ShellWord? {
    let start = cursor.position
    var text = TemplateText()
    while let byte = cursor.peek, !byte.isBlank, !byte.isLineEnd, !";&|()<>".utf8.contains(byte) {
      switch byte {
      case UInt8(ascii: "'"): text.append(try singleQuoted())
      case UInt8(ascii: "\""): text.append(try doubleQuoted())
      case UInt8(ascii: "\\"):
        if cursor.take("\\\n") || cursor.take("\\\r\n") { continue }
        cursor.position += 1
        guard !cursor.isAtEnd else { throw cursor.failure("a backslash at the end: a part of the command is missing") }
        text.append(takeScalar())
      case UInt8(ascii: "$") where cursor.peek(after: 1) == UInt8(ascii: "'"): text.append(try ansiQuoted())
      case UInt8(ascii: "$") where cursor.peek(after: 1) == UInt8(ascii: "\""): cursor.position += 1
      case UInt8(ascii: "$"), UInt8(ascii: "`"): text.append(try expansion())
      case UInt8(ascii: "^") where cursor.peek(after: 1) == UInt8(ascii: "\""):
        throw cursor.failure(
          "this was copied for the command prompt of Windows: choose \"Copy as cURL (bash)\" in the browser")
      default: text.append(takeScalar())
      }
    }
    if let digits = text.literal, digits.utf8.count == 1, digits.utf8.first?.isDigit == true,
      cursor.peek == UInt8(ascii: ">") || cursor.peek == UInt8(ascii: "<"), cursor.position == start + 1
    {
      return nil
    }
    return ShellWord(text: text, offset: start)
  }

  /// The next scalar, whole.
  private mutating func takeScalar() -> String {
    let start = cursor.position
    cursor.position += 1
    while let byte = cursor.peek, byte & 0xC0 == 0x80 { cursor.position += 1 }
    return cursor.source.text(start..<cursor.position)
  }

  private mutating func singleQuoted() throws(ConversionFailure) -> String {
    let start = cursor.position
    cursor.position += 1
    let text = cursor.take { $0 != UInt8(ascii: "'") }
    guard cursor.take("'") else { throw cursor.failure("the quote that opens here is not closed", at: start) }
    return text
  }

  private mutating func doubleQuoted() throws(ConversionFailure) -> TemplateText {
    let start = cursor.position
    cursor.position += 1
    var text = TemplateText()
    while let byte = cursor.peek {
      switch byte {
      case UInt8(ascii: "\""):
        cursor.position += 1
        return text
      case UInt8(ascii: "\\"):
        if cursor.take("\\\n") || cursor.take("\\\r\n") { continue }
        let next = cursor.peek(after: 1) ?? 0
        // Before other characters a backslash is itself (section 2.2.3); `!` is bash's own.
        cursor.position += "\"\\$`!".utf8.contains(next) ? 1 : 0
        text.append(takeScalar())
      case UInt8(ascii: "$"), UInt8(ascii: "`"): text.append(try expansion())
      default: text.append(cursor.take { !"\"\\$`".utf8.contains($0) })
      }
    }
    throw cursor.failure("the quote that opens here is not closed", at: start)
  }

  /// `$NAME` and `${NAME}` are read from the environment; a `$` before anything else is itself.
  private mutating func expansion() throws(ConversionFailure) -> TemplateText {
    let start = cursor.position
    let isCommand = cursor.peek == UInt8(ascii: "`") || cursor.starts(with: "$(")
    if isCommand {
      throw cursor.failure(
        "the output of another command cannot be converted: put it into a variable of the environment, and write $NAME")
    }
    cursor.position += 1
    let isBraced = cursor.take("{")
    let name = cursor.take { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
    guard let first = name.utf8.first, !first.isDigit else {
      if isBraced { throw cursor.failure("this form of ${…} cannot be converted: only ${NAME}", at: start) }
      return TemplateText("$" + name)
    }
    if isBraced, !cursor.take("}") {
      throw cursor.failure("this form of ${…} cannot be converted: only ${NAME}", at: start)
    }
    return TemplateText(expression: "env.\(name)")
  }

  /// `$'…'` of bash (Bash Reference Manual, section 3.1.2.4).
  private mutating func ansiQuoted() throws(ConversionFailure) -> String {
    let start = cursor.position
    cursor.position += 2
    var bytes: [UInt8] = []
    while let byte = cursor.peek {
      cursor.position += 1
      if byte == UInt8(ascii: "'") {
        guard let text = String(validating: bytes, as: UTF8.self) else {
          throw cursor.failure(
            "these bytes are no text: put them into a file, and send it with --data-binary @file", at: start)
        }
        return text
      }
      if byte == UInt8(ascii: "\\") { try ansiEscape(into: &bytes) } else { bytes.append(byte) }
    }
    throw cursor.failure("the quote that opens here is not closed", at: start)
  }

  private static let simpleEscapes: [UInt8: UInt8] = [
    UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "e"): 27, UInt8(ascii: "E"): 27, UInt8(ascii: "f"): 12,
    UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11,
    UInt8(ascii: "\\"): 92, UInt8(ascii: "'"): 39, UInt8(ascii: "\""): 34, UInt8(ascii: "?"): 63,
  ]

  private mutating func ansiEscape(into bytes: inout [UInt8]) throws(ConversionFailure) {
    guard let letter = cursor.peek else { return }
    cursor.position += 1
    if let byte = Self.simpleEscapes[letter] {
      bytes.append(byte)
      return
    }
    switch letter {
    case UInt8(ascii: "x"): bytes.append(UInt8(truncatingIfNeeded: number(radix: 16, digits: 2)))
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let value = number(radix: 16, digits: letter == UInt8(ascii: "u") ? 4 : 8)
      bytes += Array(String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      cursor.position -= 1
      bytes.append(UInt8(truncatingIfNeeded: number(radix: 8, digits: 3)))
    default: bytes += [UInt8(ascii: "\\"), letter]
    }
  }

  private mutating func number(radix: UInt32, digits: Int) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = cursor.peek?.hexValue, digit < radix else { break }
      value = value &* radix &+ UInt32(digit)
      cursor.position += 1
    }
    return value
  }
}
