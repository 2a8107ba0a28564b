import Transport

/// `SSLRequest` of PostgreSQL's frontend/backend protocol (PostgreSQL documentation, "Message Flow", "SSL Session
/// Encryption").
enum PostgresStartTLS {
  static func negotiate(_ talk: PlainTalk) async throws(StreamFailure) {
    // Length 8 and the number 80877103, both in network order.
    try await talk.send([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
    let answer = try await talk.bytes(1, after: "SSLRequest")
    switch answer[0] {
    case UInt8(ascii: "S"): return
    case UInt8(ascii: "N"): throw talk.refusal("N")
    default: throw talk.violation(String(decoding: answer, as: UTF8.self), after: "SSLRequest")
    }
  }
}
