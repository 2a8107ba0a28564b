/// One DNS question (RFC 1035).
package struct DNSSpec: Hashable, Sendable {
  /// The name to ask for.
  package var name: String
  /// A record type by mnemonic (`A`, `MX`) or as `TYPE65`.
  package var type: String
  /// A class by mnemonic: `IN`, `CH`, `HS`, `ANY`.
  package var recordClass: String
  /// Who is asked: host and port, or for https a URL; nil means the system's servers.
  package var server: String?
  /// How the question travels.
  package var transport: DNSTransport
  /// Whether recursion is desired (RD).
  package var isRecursive: Bool
  /// Whether DNSSEC records are asked for (DO) and the answer's AD flag is believed as `secure`.
  package var dnssec: Bool
  /// By which addresses the server is reached.
  package var family: AddressFamily
  /// The local address to ask from.
  package var sourceIP: String?
  /// Whether an answer that was cut (TC) is asked for again over tcp.
  package var repeatsCutAnswers: Bool
  /// How TLS is spoken with a server asked over tls or https.
  package var tls: TLSOptions

  /// A recursive question to the system's servers, unless said otherwise.
  package init(
    name: String, type: String = "A", recordClass: String = "IN", server: String? = nil, transport: DNSTransport = .udp,
    isRecursive: Bool = true, dnssec: Bool = false, family: AddressFamily = .any,
    sourceIP: String? = nil, repeatsCutAnswers: Bool = true, tls: TLSOptions = TLSOptions()
  ) {
    self.name = name
    self.type = type
    self.recordClass = recordClass
    self.server = server
    self.transport = transport
    self.isRecursive = isRecursive
    self.dnssec = dnssec
    self.family = family
    self.sourceIP = sourceIP
    self.repeatsCutAnswers = repeatsCutAnswers
    self.tls = tls
  }
}

/// How a DNS message travels.
package enum DNSTransport: String, Hashable, Sendable, CaseIterable {
  /// RFC 1035 section 4.2.1, repeated over tcp when the answer was cut (TC).
  case udp
  /// RFC 7766.
  case tcp
  /// RFC 7858, port 853.
  case tls
  /// RFC 8484, by POST.
  case https
}
