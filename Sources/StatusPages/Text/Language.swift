/// The words of a page in one language, read from a file of phrases.
package struct Language: Sendable {
  /// `en`, `de`: what the key `language` of a page may be.
  package static let codes = all.keys.sorted()

  /// As BCP 47 names it.
  package let code: String
  private let phrases: [String: String]
  /// January first.
  let months: [String]
  /// January first.
  let shortMonths: [String]
  /// Monday first.
  let weekdays: [String]

  /// A language from its file: `key = text` lines, `#` begins a comment.
  init(code: String, file: String) {
    var phrases: [String: String] = [:]
    for line in file.split(separator: "\n") where !line.hasPrefix("#") {
      guard let equals = line.firstRange(of: " = ") else { continue }
      phrases[String(line[..<equals.lowerBound])] = String(line[equals.upperBound...])
    }
    self.code = code
    self.phrases = phrases
    func list(_ phrase: Phrase) -> [String] {
      phrases[phrase.rawValue]?.split(separator: "|").map(String.init) ?? []
    }
    months = list(.months)
    shortMonths = list(.monthsShort)
    weekdays = list(.weekdays)
  }

  /// The language of a code; English where there is none.
  package static func of(_ code: String) -> Language { all[code] ?? english }

  static let english = Language(code: "en", file: String(decoding: PackageResources.en_txt, as: UTF8.self))
  static let german = Language(code: "de", file: String(decoding: PackageResources.de_txt, as: UTF8.self))
  private static let all = ["en": english, "de": german]

  /// The keys that its file has.
  package var keys: Set<String> { Set(phrases.keys) }

  /// The keys that pages ask for.
  package static var wanted: Set<String> {
    Set(Phrase.allCases.map(\.rawValue)).union(
      Plural.allCases.flatMap { ["\($0.rawValue).one", "\($0.rawValue).other"] })
  }

  /// A phrase as it stands in the file; its key where the file has none, which a test forbids.
  package func template(_ key: String) -> String { phrases[key] ?? key }

  // MARK: Phrases

  /// A phrase.
  func callAsFunction(_ phrase: Phrase) -> String { template(phrase.rawValue) }

  /// A phrase with its gaps filled in. What is filled in is text: gaps in it stay as they are.
  func callAsFunction(_ phrase: Phrase, _ values: KeyValuePairs<String, String>) -> String {
    Self.filled(template(phrase.rawValue), values)
  }

  /// A phrase about a number of things, with its gaps filled in; `{count}` is the number.
  func callAsFunction(_ plural: Plural, _ count: Int, _ values: KeyValuePairs<String, String> = [:]) -> String {
    let form = template("\(plural.rawValue).\(count == 1 ? "one" : "other")")
    var all = Array(values)
    all.append((key: "count", value: String(count)))
    return Self.filled(form, all)
  }

  private static func filled(_ template: String, _ values: some Collection<(key: String, value: String)>) -> String {
    var text = ""
    var rest = Substring(template)
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      text += rest[..<open]
      let name = rest[rest.index(after: open)..<close]
      text += values.first { $0.key == name }?.value ?? String(rest[open...close])
      rest = rest[rest.index(after: close)...]
    }
    return text + rest
  }
}
