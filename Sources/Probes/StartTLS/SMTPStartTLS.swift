import Transport

/// STARTTLS of SMTP (RFC 3207).
enum SMTPStartTLS {
  static func negotiate(_ talk: PlainTalk) async throws(StreamFailure) {
    let greeting = try await talk.reply(after: "the connection")
    guard greeting.code == 220 else { throw talk.refusal(greeting.lines[0]) }
    // A client without a name gives an address literal (RFC 5321 section 4.1.3).
    try await talk.send("EHLO [127.0.0.1]")
    let answer = try await talk.reply(after: "EHLO")
    guard answer.code == 250 else { throw talk.refusal(answer.lines[0]) }
    guard answer.lines.contains(where: { $0.dropFirst(4).uppercased() == "STARTTLS" }) else {
      throw talk.missing("STARTTLS in its answer to EHLO")
    }
    try await talk.send("STARTTLS")
    let leave = try await talk.reply(after: "STARTTLS")
    guard leave.code == 220 else { throw talk.refusal(leave.lines[0]) }
  }
}
