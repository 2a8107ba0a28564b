import Expressions
import Model

extension Form where Value == String {
  /// Text; numbers and booleans are taken as they are written.
  package static let text = Form(.text()) { node, reader in
    if let text = node.scalarText { return text }
    reader.fault("expected text, found \(node.foundText)", at: node)
    return nil
  }

  /// Text of at least one character.
  package static let nonEmptyText = text.map(schema: .text(pattern: ".")) { text, node, reader -> String? in
    if !text.isEmpty { return text }
    reader.fault("expected text, found an empty one", at: node)
    return nil
  }

  /// Text without CR, LF and NUL, which would end it early where it is sent.
  package static let line = text.map { text, node, reader -> String? in
    guard let byte = text.utf8.first(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) else { return text }
    let name = byte == 0 ? "a NUL" : byte == 0x0A ? "a line feed" : "a carriage return"
    reader.fault("\(name) cannot be sent here", at: node)
    return nil
  }

  /// A token of RFC 9110 section 5.6.2: a method, a header name.
  package static func token(_ what: String) -> Form {
    text.map(schema: .text(pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")) { text, node, reader -> String? in
      if text.isToken { return text }
      reader.fault(
        "'\(text.escaped)' is no \(what)", at: node, notes: ["letters, digits and !#$%&'*+-.^_`|~ may be used"])
      return nil
    }
  }

  /// An RE2 pattern, compiled to see that it is one.
  package static let pattern = text.map { text, node, reader -> String? in
    do throws(RegularExpressionError) {
      _ = try RegularExpression(text)
      return text
    } catch {
      reader.fault(
        "bad regular expression '\(text.shortened)': \(error.message)", at: node,
        notes: ["the syntax is RE2's: https://github.com/google/re2/wiki/Syntax"])
      return nil
    }
  }
}

extension Form where Value == Bool {
  /// `true` or `false`, in no quotes.
  package static let bool = Form(.boolean) { node, reader in
    if case .bool(let value) = node.value { return value }
    reader.fault("expected true or false, found \(node.foundText)", at: node, allowed: ["true", "false"])
    return nil
  }
}

extension Form where Value == Int {
  /// A whole number within bounds.
  package static func integer(_ range: ClosedRange<Int>) -> Form {
    Form(.integer(range)) { node, reader in
      guard case .int(let wide) = node.value else {
        reader.fault("expected a whole number, found \(node.foundText)", at: node)
        return nil
      }
      guard let value = Int(exactly: wide), range.contains(value) else {
        reader.fault(
          range.upperBound == .max
            ? "\(wide) is too small: at least \(range.lowerBound)"
            : "\(wide) is out of bounds: \(range.lowerBound) to \(range.upperBound)", at: node)
        return nil
      }
      return value
    }
  }

  /// A number of bytes: `64KiB`, `10MB`, or without a unit.
  package static let size = Form(
    .anyOf([.integer(0...Int.max), .text(pattern: "^[0-9]+(\\.[0-9]+)? ?([kKMG]?B|[KMG]iB)$")])
  ) {
    node, reader in
    if let size = node.scalarText.flatMap(Units.size) { return size }
    reader.fault("expected a size, found \(node.foundText)", at: node, notes: ["sizes are written 512B, 64KiB, 10MB"])
    return nil
  }
}

extension Form where Value == Double {
  /// A number with or without a fraction, within bounds.
  package static func number(_ range: ClosedRange<Double>) -> Form {
    Form(.number(range)) { node, reader in
      guard let value = node.value.asDouble, value.isFinite else {
        reader.fault("expected a number, found \(node.foundText)", at: node)
        return nil
      }
      guard range.contains(value) else {
        reader.fault(
          "\(node.foundText) is out of bounds: \(range.lowerBound) to \(range.upperBound)", at: node)
        return nil
      }
      return value
    }
  }

  /// A share written as a percentage, above 0 % and up to 100 %; the value is a ratio.
  package static let percentage = Form(.text(pattern: "^[0-9]+(\\.[0-9]+)?%$")) { node, reader in
    guard let ratio = node.scalarText.flatMap(Units.percentage) else {
      reader.fault("expected a percentage, found \(node.foundText)", at: node, notes: ["percentages are written 99.5%"])
      return nil
    }
    guard ratio > 0, ratio <= 1 else {
      reader.fault("\(node.foundText) is out of bounds: above 0% and up to 100%", at: node)
      return nil
    }
    return ratio
  }
}

extension Form where Value == Duration {
  /// A duration within bounds: `250ms`, `1h30m`.
  package static func duration(_ range: ClosedRange<Duration>) -> Form {
    Form(.text(pattern: "^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h|d|w))+$")) { node, reader in
      let value: Duration
      if case .value(.duration(let given)) = node.content {
        value = given
      } else if let given = node.scalarText.flatMap(Units.duration) {
        value = given
      } else {
        reader.fault(
          "expected a duration, found \(node.foundText)", at: node,
          notes: ["durations are written 250ms, 30s, 5m, 1h30m, 7d, 2w"])
        return nil
      }
      guard range.contains(value) else {
        reader.fault(
          "\(node.foundText) is out of bounds: \(Units.text(of: range.lowerBound)) to "
            + Units.text(of: range.upperBound), at: node)
        return nil
      }
      return value
    }
  }

  /// A duration within bounds that is a whole number of milliseconds, as history keeps them.
  package static func wholeMilliseconds(_ range: ClosedRange<Duration>) -> Form {
    duration(range).map { value, node, reader -> Duration? in
      if value.components.attoseconds % 1_000_000_000_000_000 == 0 { return value }
      reader.fault("\(node.foundText) is no whole number of milliseconds", at: node)
      return nil
    }
  }
}

extension Form {
  /// One word of a closed set; `aliases` are other ways to write them, numbers among them.
  package static func choice(_ words: KeyValuePairs<String, Value>, aliases: [String: Value] = [:]) -> Form
  where Value: Sendable {
    let table = Dictionary(words.map { ($0.key, $0.value) }) { first, _ in first }.merging(aliases) { first, _ in first
    }
    let allowed = words.map(\.key)
    return Form(.choice(allowed + aliases.keys.sorted())) { node, reader in
      if let text = node.scalarText, let value = table[text] { return value }
      let text = node.scalarText ?? ""
      reader.fault(
        node.scalarText.map { "unknown word '\($0.escaped)'" } ?? "expected a word, found \(node.foundText)", at: node,
        allowed: allowed,
        suggestion: Suggestion.nearest(to: text, among: allowed))
      return nil
    }
  }

  /// One case of an enumeration by its raw value.
  package static func choice(aliases: [String: Value] = [:]) -> Form
  where Value: CaseIterable & RawRepresentable & Sendable, Value.RawValue == String {
    choice(among: Array(Value.allCases), aliases: aliases)
  }

  /// One of some words.
  package static func choice(among values: [Value], aliases: [String: Value] = [:]) -> Form
  where Value: RawRepresentable & Sendable, Value.RawValue == String {
    let table = Dictionary(values.map { ($0.rawValue, $0) }) { first, _ in first }
      .merging(aliases) { first, _ in first }
    let allowed = values.map(\.rawValue)
    return Form(.choice(allowed + aliases.keys.sorted())) { node, reader in
      if let text = node.scalarText, let value = table[text] { return value }
      reader.fault(
        node.scalarText.map { "unknown word '\($0.escaped)'" } ?? "expected a word, found \(node.foundText)", at: node,
        allowed: allowed,
        suggestion: Suggestion.nearest(to: node.scalarText ?? "", among: allowed))
      return nil
    }
  }
}

extension String {
  /// Whether it is a token of RFC 9110 section 5.6.2.
  package var isToken: Bool {
    !isEmpty
      && utf8.allSatisfy { byte in
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// At most 60 characters, with escapes in place of control characters, for messages.
  package var escaped: String { shortened.escapedForDisplay }
}
