import Transport

/// `AUTH TLS` of FTP (RFC 4217 section 4).
enum FTPStartTLS {
  static func negotiate(_ talk: PlainTalk) async throws(StreamFailure) {
    let greeting = try await talk.reply(after: "the connection")
    guard greeting.code == 220 else { throw talk.refusal(greeting.lines[0]) }
    try await talk.send("AUTH TLS")
    let leave = try await talk.reply(after: "AUTH TLS")
    guard leave.code == 234 else { throw talk.refusal(leave.lines[0]) }
  }
}
