import Model
import Transport

/// The plain words before TLS: reads and writes for the protocols' STARTTLS, with sentences for what goes wrong.
final class PlainTalk {
  /// The most lines of one answer.
  private static let maxLines = 256

  /// The name that the server is asked for, for protocols that say it: what is served, which need not be the host that is
  /// connected to (RFC 6120 section 4.7.2).
  let host: String
  private let stream: any ByteStream
  private let reader: ByteReader

  init(over stream: any ByteStream, host: String) {
    self.stream = stream
    self.host = host
    reader = ByteReader(stream)
  }

  /// Sends a line with CR and LF.
  func send(_ line: String) async throws(StreamFailure) {
    try await stream.write(Array(line.utf8) + [13, 10])
  }

  /// Sends a text as it is.
  func send(text: String) async throws(StreamFailure) {
    try await stream.write(Array(text.utf8))
  }

  func send(_ bytes: [UInt8]) async throws(StreamFailure) {
    try await stream.write(bytes)
  }

  /// The next line.
  ///
  /// - Parameter moment: what it should answer, for the sentence when it does not come: "EHLO".
  func line(after moment: String) async throws(StreamFailure) -> String {
    guard let line = try await reader.line() else {
      throw .violation("\(stream.peer) closed the connection after \(moment), before TLS")
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// Exactly that many bytes.
  func bytes(_ count: Int, after moment: String) async throws(StreamFailure) -> [UInt8] {
    let bytes = try await reader.bytes(count)
    guard bytes.count == count else {
      throw .violation("\(stream.peer) closed the connection after \(moment), before TLS")
    }
    return bytes
  }

  /// Reads until one of the endings has come, and gives everything up to there.
  func text(until endings: [String], after moment: String) async throws(StreamFailure) -> String {
    var text: [UInt8] = []
    while text.count < ByteReader.maxLineBytes {
      text += try await bytes(1, after: moment)
      if let last = text.last, endings.contains(where: { $0.utf8.last == last && Self.ends(text, with: $0) }) {
        return String(decoding: text, as: UTF8.self)
      }
    }
    throw violation("more than \(ByteReader.maxLineBytes) bytes", after: moment)
  }

  private static func ends(_ text: [UInt8], with ending: String) -> Bool {
    text.suffix(ending.utf8.count).elementsEqual(ending.utf8)
  }

  /// An answer of SMTP and FTP: a code of three digits, and lines up to the one where a blank follows it (RFC 5321
  /// section 4.2.1, RFC 959 section 4.2).
  func reply(after moment: String) async throws(StreamFailure) -> (code: Int, lines: [String]) {
    var lines: [String] = []
    while lines.count < Self.maxLines {
      let line = try await line(after: moment)
      lines.append(line)
      let bytes = Array(line.utf8.prefix(4))
      guard bytes.count >= 3, let code = Int(String(decoding: bytes.prefix(3), as: UTF8.self)), code >= 100 else {
        // FTP lets lines without a code stand in the middle.
        if lines.count > 1 { continue }
        throw violation(line, after: moment)
      }
      if bytes.count == 3 || bytes[3] == UInt8(ascii: " ") { return (code, lines) }
    }
    throw violation("more than \(Self.maxLines) lines", after: moment)
  }

  /// The failure when the server does not want to.
  func refusal(_ words: String) -> StreamFailure {
    .violation("\(stream.peer) refused to begin TLS", quote: ": \(Words.quoted(words))")
  }

  /// The failure when the server does not know how to.
  func missing(_ what: String) -> StreamFailure {
    .violation("\(stream.peer) does not offer \(what)")
  }

  /// The failure when the answer is none of the protocol.
  func violation(_ words: String, after moment: String) -> StreamFailure {
    .violation("\(stream.peer) gave an unknown answer after \(moment)", quote: ": \(Words.quoted(words))")
  }

  /// Makes sure that nothing came behind the leave to begin: taken as said under TLS, it would be words of whoever stands in
  /// between (CVE-2011-0411).
  func finish() throws(StreamFailure) {
    guard reader.rest.isEmpty else {
      throw .violation(
        "\(stream.peer) went on in plain words where TLS begins", quote: ": \(Words.quoted(reader.rest))")
    }
  }
}

extension StartTLS {
  /// Asks the server to begin TLS and returns when it has agreed.
  func negotiate(_ talk: PlainTalk) async throws(StreamFailure) {
    switch self {
    case .smtp: try await SMTPStartTLS.negotiate(talk)
    case .imap: try await IMAPStartTLS.negotiate(talk)
    case .pop3: try await POP3StartTLS.negotiate(talk)
    case .ftp: try await FTPStartTLS.negotiate(talk)
    case .ldap: try await LDAPStartTLS.negotiate(talk)
    case .xmpp: try await XMPPStartTLS.negotiate(talk)
    case .postgres: try await PostgresStartTLS.negotiate(talk)
    case .mysql: try await MySQLStartTLS.negotiate(talk)
    }
  }
}
