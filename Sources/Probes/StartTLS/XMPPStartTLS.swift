import Transport

/// STARTTLS of XMPP between client and server (RFC 6120 section 5).
enum XMPPStartTLS {
  private static let namespace = "urn:ietf:params:xml:ns:xmpp-tls"

  static func negotiate(_ talk: PlainTalk) async throws(StreamFailure) {
    // No line ends: what stands behind the last bracket would be taken for the beginning of TLS.
    try await talk.send(
      text: "<?xml version='1.0'?><stream:stream to='\(escaped(talk.host))' version='1.0' xmlns='jabber:client' "
        + "xmlns:stream='http://etherx.jabber.org/streams'>")
    let features = try await talk.text(
      until: ["</stream:features>", "<stream:features/>", "</stream:error>", "</stream:stream>"],
      after: "the stream's header")
    guard features.hasSuffix("features>") || features.hasSuffix("<stream:features/>") else {
      throw talk.refusal(features)
    }
    guard features.contains(namespace) else { throw talk.missing("STARTTLS among its stream features") }
    try await talk.send(text: "<starttls xmlns='\(namespace)'/>")
    let answer = try await talk.text(
      until: ["/>", "</proceed>", "</failure>", "</stream:error>", "</stream:stream>"], after: "<starttls>")
    guard answer.contains("<proceed") else { throw talk.refusal(answer) }
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case "'": result += "&apos;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
