import Documents
import Expressions

// Scalars as go-yaml v3 takes them for a field of a type.

extension Form where Value == String {
  /// Text; numbers and booleans are taken as they are written.
  static let goText = Form(.text()) { node, reader in
    if case .value(.bytes) = node.content {
      reader.fault("expected text, found bytes that are no UTF-8", at: node)
      return nil
    }
    return Form<String>.text.read(node, reader)
  }

  /// Text in a map, where nothing means an empty one.
  static let goTextOrNothing = Form(.text()) { node, reader in
    node.isNothing ? "" : goText.read(node, reader)
  }
}

extension Form where Value == [UInt8] {
  /// Text as its UTF-8, or the bytes of `!!binary`.
  static let goBytes = Form(.text()) { node, reader in
    if case .value(.bytes(let bytes)) = node.content { return bytes }
    return Form<String>.text.read(node, reader).map { Array($0.utf8) }
  }
}

extension Form where Value == Bool {
  /// `true` and `false` in no quotes, and the words of YAML 1.1 in quotes or none.
  static let goBool = Form(.boolean) { node, reader in
    switch node.value {
    case .bool(let value): return value
    case .string("y"), .string("Y"), .string("yes"), .string("Yes"), .string("YES"), .string("on"), .string("On"),
      .string("ON"):
      return true
    case .string("n"), .string("N"), .string("no"), .string("No"), .string("NO"), .string("off"), .string("Off"),
      .string("OFF"):
      return false
    default:
      reader.fault("expected true or false, found \(node.foundText)", at: node, allowed: ["true", "false"])
      return nil
    }
  }
}

extension Form where Value == Int {
  /// A whole number, which may be written with an empty fraction.
  static func goInteger(_ range: ClosedRange<Int>) -> Form {
    let whole = Form.integer(range)
    return Form(whole.schema) { node, reader in
      guard case .double(let number) = node.value, let wide = Int64(exactly: number) else {
        return whole.read(node, reader)
      }
      return whole.read(node.replacing(.value(.int(wide)), isRendered: false), reader)
    }
  }
}

extension Form where Value == Duration {
  /// A duration of Go's with `d`, `w` and `y`, which upstream's documentation promises and its parser refuses.
  static let goDuration = Form(.text(pattern: "^[-+]?([0-9]*(\\.[0-9]*)?(ns|us|µs|ms|s|m|h|d|w|y))+$")) {
    node, reader in
    // A number in no quotes is refused even if it is 0, as upstream does it.
    if case .string(let text) = node.value, let duration = GoDuration.duration(text) { return duration }
    reader.fault(
      "expected a duration, found \(node.foundText)", at: node,
      notes: ["durations are written 500ms, 5s, 1m30s, 2h, 1d"])
    return nil
  }
}

extension Form where Value == RegularExpression {
  /// A pattern in the syntax that RE2 and Go share.
  static let regularExpression = Form<String>.goText.map { text, node, reader -> RegularExpression? in
    do throws(RegularExpressionError) {
      return try RegularExpression(text)
    } catch {
      reader.fault(
        "Could not compile regular expression '\(text.escaped)': \(error.message)", at: node,
        notes: ["the syntax is RE2's: https://github.com/google/re2/wiki/Syntax"])
      return nil
    }
  }
}

extension Form where Value == Expression {
  /// A CEL expression over `body`.
  static let overBody = Form<String>.goText.map { text, node, reader -> Expression? in
    do throws(CompilationFailure) {
      return try Environment(variables: ["body": .dyn]).compile(text)
    } catch {
      for issue in error.issues {
        reader.sink.report(
          Diagnostic(
            "Could not compile CEL program '\(text.escaped)': \(issue.message)",
            excerpt: node.source.excerpt(ScalarMap.span(of: issue.range, in: node)),
            notes: [.init("the one variable is 'body', the parsed JSON")], allowed: issue.allowed,
            suggestion: issue.suggestion))
      }
      return nil
    }
  }
}

extension YAMLNode {
  /// Whether nothing is written: upstream then leaves the default in place.
  var isNothing: Bool {
    switch content {
    case .scalar(let text, isPlain: true): CoreSchema.value(ofPlain: text) == .null
    case .value(.null): true
    default: false
    }
  }
}

extension Section {
  /// The value of a key; nil where the key or its value is not written, which both mean the default.
  func given<Value>(_ key: Key<Value>) -> Value? {
    guard let entry = entry(key.name), !entry.value.isNothing else { return nil }
    return self(key)
  }

  /// Takes note of a fault between keys, at the last of them that is written.
  func fault(_ message: String, at names: String...) {
    let written = names.compactMap(entry).map(\.key)
    reader.fault(message, at: written.last ?? node)
  }

  /// Takes note of something that works, though not as its writer may think.
  func warn(_ message: String, at name: String, notes: [String] = [], allowed: [String] = []) {
    let place = entry(name)?.value ?? node
    reader.sink.report(
      Diagnostic(
        message, severity: .warning, excerpt: place.excerpt, notes: notes.map { .init($0) }, allowed: allowed))
  }
}
