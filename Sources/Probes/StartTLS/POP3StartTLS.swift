import Transport

/// `STLS` of POP3 (RFC 2595 section 4).
enum POP3StartTLS {
  static func negotiate(_ talk: PlainTalk) async throws(StreamFailure) {
    try await expectOK(talk, after: "the connection")
    try await talk.send("STLS")
    try await expectOK(talk, after: "STLS")
  }

  private static func expectOK(_ talk: PlainTalk, after moment: String) async throws(StreamFailure) {
    let line = try await talk.line(after: moment)
    if line.hasPrefix("+OK") { return }
    throw line.hasPrefix("-ERR") ? talk.refusal(line) : talk.violation(line, after: moment)
  }
}
