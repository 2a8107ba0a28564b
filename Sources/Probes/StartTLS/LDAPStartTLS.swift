import Transport

/// The StartTLS extended operation of LDAP (RFC 4511 section 4.14).
enum LDAPStartTLS {
  private static let oid = "1.3.6.1.4.1.1466.20037"
  /// An answer carries a few words at most.
  private static let maxAnswerBytes = 16 << 10

  static func negotiate(_ talk: PlainTalk) async throws(StreamFailure) {
    // LDAPMessage { messageID 1, extendedReq [APPLICATION 23] { requestName [0] oid } }
    let name = [0x80, UInt8(oid.utf8.count)] + Array(oid.utf8)
    let request = [0x77, UInt8(name.count)] + name
    try await talk.send([0x30, UInt8(request.count + 3), 0x02, 0x01, 0x01] + request)

    let head = try await talk.bytes(2, after: "the StartTLS request")
    guard head[0] == 0x30 else { throw talk.violation(String(decoding: head, as: UTF8.self), after: "the request") }
    var length = Int(head[1])
    if head[1] & 0x80 != 0 {
      let count = Int(head[1] & 0x7f)
      guard (1...4).contains(count) else { throw talk.violation("a length of \(count) bytes", after: "the request") }
      length = try await talk.bytes(count, after: "the StartTLS request").reduce(0) { $0 << 8 | Int($1) }
    }
    guard length <= maxAnswerBytes else { throw talk.violation("\(length) bytes", after: "the StartTLS request") }
    let message = try await talk.bytes(length, after: "the StartTLS request")

    // messageID, then extendedResp [APPLICATION 24] { resultCode ENUMERATED, matchedDN, diagnosticMessage, … }
    var elements = BERElements(message[...])
    guard elements.next()?.tag == 0x02, let response = elements.next(), response.tag == 0x78 else {
      throw talk.violation(String(decoding: message, as: UTF8.self), after: "the StartTLS request")
    }
    var parts = BERElements(response.content)
    guard let result = parts.next(), result.tag == 0x0a, result.content.count == 1, let code = result.content.first
    else {
      throw talk.violation(String(decoding: message, as: UTF8.self), after: "the StartTLS request")
    }
    guard code != 0 else { return }
    _ = parts.next()
    let words = String(decoding: parts.next()?.content ?? [], as: UTF8.self)
    throw talk.refusal("result code \(code)\(words.isEmpty ? "" : ": \(words)")")
  }
}

/// Elements in BER (X.690), as far as LDAP uses it: tags of one byte, definite lengths.
struct BERElements {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  /// The next element; nil at the end and for what is none.
  mutating func next() -> (tag: UInt8, content: ArraySlice<UInt8>)? {
    guard let tag = rest.popFirst(), let first = rest.popFirst() else { return nil }
    var length = Int(first)
    if first & 0x80 != 0 {
      let count = Int(first & 0x7f)
      guard (1...4).contains(count), rest.count >= count else { return nil }
      length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(count)
    }
    guard rest.count >= length else { return nil }
    defer { rest = rest.dropFirst(length) }
    return (tag, rest.prefix(length))
  }
}
