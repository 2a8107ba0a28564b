import Transport

/// STARTTLS of IMAP (RFC 9051 section 6.2.1).
enum IMAPStartTLS {
  /// The most untagged answers before the one that is waited for.
  private static let maxLines = 256

  static func negotiate(_ talk: PlainTalk) async throws(StreamFailure) {
    let greeting = try await talk.line(after: "the connection")
    switch greeting.uppercased() {
    case let line where line.hasPrefix("* OK"): break
    // PREAUTH allows no STARTTLS (RFC 9051 section 7.1.4), BYE nothing at all.
    case let line where line.hasPrefix("* PREAUTH") || line.hasPrefix("* BYE"): throw talk.refusal(greeting)
    default: throw talk.violation(greeting, after: "the connection")
    }
    try await talk.send("a1 STARTTLS")
    for _ in 0..<maxLines {
      let line = try await talk.line(after: "STARTTLS")
      if line.hasPrefix("* ") { continue }
      guard line.hasPrefix("a1 ") else { throw talk.violation(line, after: "STARTTLS") }
      guard line.uppercased().hasPrefix("A1 OK") else { throw talk.refusal(line) }
      return
    }
    throw talk.violation("more than \(maxLines) lines", after: "STARTTLS")
  }
}
