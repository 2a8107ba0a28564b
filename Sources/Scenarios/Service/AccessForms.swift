import Calendars
import Documents
import Expressions
import Model

extension Form where Value == [APIToken] {
  /// Tokens, no name and no digest twice.
  static let tokens = Form<[(APIToken, YAMLNode)]>.list(of: .token).map { tokens, _, reader -> [APIToken]? in
    for (index, (token, node)) in tokens.enumerated() {
      let before = tokens[..<index].map(\.0)
      if before.contains(where: { $0.name == token.name }) {
        reader.fault("a token named '\(token.name.escaped)' is written twice", at: node)
      }
      if before.contains(where: { $0.digest == token.digest }) {
        reader.fault(
          "'\(token.name.escaped)' has the same token as another entry", at: node,
          notes: ["a token of its own is made by: curlew token --name \(token.name.escaped)"])
      }
    }
    return tokens.map(\.0)
  }
}

extension Form where Value == (APIToken, YAMLNode) {
  private static let name = Key(
    "name", Form<String>.tokenName, isRequired: true, "whose token it is, for logs")
  private static let digest = Key(
    "sha256", Form<[UInt8]>.digest, isRequired: true, "SHA-256 of the token, 64 hex digits")
  private static let scopes = Key(
    "scopes", Form<[APIToken.Scope]>.list(of: .choice(), minimum: 1), isRequired: true, "what it may do")

  fileprivate static let token = Form.section(
    SectionTable("token", [name.any, digest.any, scopes.any])
  ) { section in
    let (name, digest, scopes) = (section(name), section(digest), section(scopes))
    guard let name, let digest, let scopes else { return nil }
    return (APIToken(name: name, digest: digest, scopes: Set(scopes)), section.node)
  }
}

extension Form where Value == [UInt8] {
  /// SHA-256 in hex digits. What is written there by mistake may be the token itself, so no message quotes it.
  static let digest = Form(.text(pattern: "^[0-9a-fA-F]{64}$")) { node, reader in
    let text = Array((node.scalarText ?? "").utf8)
    let digits = text.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    guard text.count == 64, digits.count == 64 else {
      reader.sink.report(
        Diagnostic(
          "\(node.location.file):\(node.location.line): what stands for 'sha256' is no SHA-256 of 64 hex digits",
          notes: [.init("`curlew token` makes a token and prints the entry for it")]))
      return nil
    }
    return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}

extension Form where Value == String {
  /// A name for logs: one line of at most 64 characters.
  static let tokenName = Form<String>.line.map(schema: .text(pattern: "^.{1,64}$")) {
    text, node, reader -> String? in
    if (1...64).contains(text.count) { return text }
    reader.fault("a name has 1 to 64 characters, this one has \(text.count)", at: node)
    return nil
  }

  /// The IANA name of a time zone.
  static let zoneName = Form<String>.text.map { text, node, reader -> String? in
    if LocalCalendar(timeZone: text) != nil { return text }
    reader.fault(
      "unknown time zone '\(text.escaped)'", at: node,
      notes: ["time zones are written by their IANA names: UTC, Europe/Berlin, America/New_York"])
    return nil
  }
}

extension Form where Value == ExclusionCap {
  private static let cap = Key(
    "cap", .duration(.seconds(60) ... .seconds(366 * 86_400)), isRequired: true, "the most time")
  private static let unit = Key("per", Form<CalendarUnit>.choice(), "in which piece of the calendar")
  private static let timeZone = Key("time_zone", .zoneName, "whose calendar")

  static let exclusionCap = Form.section(
    SectionTable("exclusions", [cap.any, unit.any, timeZone.any])
  ) { section in
    let (unit, zone) = (section(unit) ?? .month, section(timeZone) ?? "UTC")
    return section(cap).map { ExclusionCap(limit: $0, unit: unit, timeZone: zone) }
  }
}

extension Form where Value == MonthClosing {
  private static let after = Key(
    "after", .duration(.zero ... .seconds(28 * 86_400)), "how long after its end a month is closed")
  private static let timeZone = Key("time_zone", .zoneName, "whose months")

  static let monthClosing = Form.section(
    SectionTable("close_months", [after.any, timeZone.any])
  ) { section in
    MonthClosing(delay: section(after) ?? .seconds(3 * 86_400), timeZone: section(timeZone) ?? "UTC")
  }
}
