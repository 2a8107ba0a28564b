import Model

/// The parameters of one request. Each is taken out by name; what is left over at the end is a mistake of the caller.
struct Query {
  private var values: [(name: String, value: String)] = []
  private var known: [String] = []

  /// More than any caller needs: reading the query stays cheap whatever is sent.
  private static let maximumCount = 32

  /// Reads `a=1&b=2`.
  ///
  /// - Throws: `Problem` for bad encoding, and for one name given twice.
  init(_ text: String?) throws(Problem) {
    let items = (text ?? "").split(separator: "&", maxSplits: Self.maximumCount)
    guard items.count <= Self.maximumCount else {
      throw Problem(.badParameter, "more than \(Self.maximumCount) parameters are given")
    }
    for item in items {
      let halves = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentCoding.decoded(halves[0], plusIsSpace: true),
        let value = PercentCoding.decoded(halves.count > 1 ? halves[1] : "", plusIsSpace: true)
      else {
        throw Problem(.badParameter, "\"\(item)\" is not percent-encoded UTF-8", parameter: String(halves[0]))
      }
      guard !values.contains(where: { $0.name == name }) else {
        throw Problem(.badParameter, "\"\(name)\" is given twice; give it once", parameter: name)
      }
      values.append((name, value))
    }
  }

  /// The text of a parameter, taken out; nil when it is absent or empty.
  mutating func take(_ name: String) -> String? {
    known.append(name)
    guard let index = values.firstIndex(where: { $0.name == name }) else { return nil }
    let value = values.remove(at: index).value
    return value.isEmpty ? nil : value
  }

  /// A parameter that `read` turns into a value.
  ///
  /// - Parameter allowed: what is allowed, in words.
  mutating func take<Value>(
    _ name: String, allowed: String, _ read: (String) -> Value?
  ) throws(Problem) -> Value? {
    guard let text = take(name) else { return nil }
    guard let value = read(text) else {
      throw Problem(.badParameter, "\"\(text)\" is not allowed for \"\(name)\": \(allowed)", parameter: name)
    }
    return value
  }

  /// A moment in RFC 3339.
  mutating func takeTimestamp(_ name: String) throws(Problem) -> Timestamp? {
    try take(name, allowed: "give a time as 2026-11-21T10:56:00Z") { text in
      // A plus sign that was not percent-encoded has arrived as a space.
      Timestamp(rfc3339: String(text.map { $0 == " " ? "+" : $0 }))
    }
  }

  /// A whole number within a range.
  mutating func takeInteger(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
    try take(name, allowed: "give a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
      Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// A verdict by its name.
  mutating func takeVerdict(_ name: String) throws(Problem) -> Verdict? {
    try take(name, allowed: "give one of " + Verdict.allCases.map(\.rawValue).joined(separator: ", ")) { text in
      Verdict(rawValue: text)
    }
  }

  /// To be called when everything was taken.
  ///
  /// - Throws: `Problem` for a parameter that nobody asked for.
  func finish() throws(Problem) {
    guard let (name, _) = values.first else { return }
    let allowed = known.isEmpty ? "none is allowed here" : "allowed here: " + known.joined(separator: ", ")
    throw Problem(.unknownParameter, "\"\(name)\" is no parameter; \(allowed)", parameter: name)
  }
}
