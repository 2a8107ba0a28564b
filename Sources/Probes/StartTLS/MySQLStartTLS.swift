import Transport

/// The SSL request of MySQL's connection phase (MySQL documentation, "Protocol::SSLRequest").
enum MySQLStartTLS {
  // Capability flags.
  private static let protocol41: UInt32 = 1 << 9
  private static let ssl: UInt32 = 1 << 11
  private static let secureConnection: UInt32 = 1 << 15
  /// A greeting is some hundred bytes at most.
  private static let maxGreetingBytes = 4096

  static func negotiate(_ talk: PlainTalk) async throws(StreamFailure) {
    let header = try await talk.bytes(4, after: "the connection")
    let length = Int(header[0]) | Int(header[1]) << 8 | Int(header[2]) << 16
    guard (1...maxGreetingBytes).contains(length) else {
      throw talk.violation(String(decoding: header, as: UTF8.self), after: "the connection")
    }
    let greeting = try await talk.bytes(length, after: "the connection")
    // An error packet: 0xff, a number of two bytes, perhaps a state, the words.
    guard greeting[0] != 0xff else { throw talk.refusal(String(decoding: greeting.dropFirst(3), as: UTF8.self)) }
    // Protocol 10: the version up to a zero, a thread of 4 bytes, 8 bytes of salt, a filler, and the lower capabilities.
    guard greeting[0] == 10, let zero = greeting.firstIndex(of: 0), zero + 15 < greeting.count else {
      throw talk.violation(String(decoding: greeting, as: UTF8.self), after: "the connection")
    }
    let capabilities = UInt32(greeting[zero + 14]) | UInt32(greeting[zero + 15]) << 8
    guard capabilities & ssl != 0 else { throw talk.missing("TLS among its capabilities") }
    let flags = protocol41 | ssl | secureConnection
    var request: [UInt8] = [32, 0, 0, header[3] &+ 1]
    request += (0..<4).map { UInt8(truncatingIfNeeded: flags >> (8 * UInt32($0))) }
    // The largest packet (16 MiB), the character set utf8_general_ci, and a filler.
    request += [0, 0, 0, 1, 33] + [UInt8](repeating: 0, count: 23)
    try await talk.send(request)
  }
}
