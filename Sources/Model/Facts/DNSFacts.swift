/// What a DNS answer showed (RFC 1035).
package struct DNSFacts: Sendable {
  /// The response code by mnemonic: "NOERROR", "NXDOMAIN"; empty before there was an answer.
  package var rcode: String
  package var answers: [DNSRecord]
  package var authority: [DNSRecord]
  /// Without the OPT record (RFC 6891), which is none of a zone's.
  package var additional: [DNSRecord]
  /// Whether there was an OPT record.
  package var hasOptions: Bool
  /// Header flags that were set, lower-case: "qr", "aa", "tc", "rd", "ra", "ad", "cd".
  package var flags: [String]
  /// Whether the server vouched for the answer by DNSSEC (AD).
  package var isSecure: Bool
  /// What it travelled by in the end: tcp after a cut udp answer.
  package var transport: DNSTransport

  /// What a DNS answer showed.
  package init(
    rcode: String = "", answers: [DNSRecord] = [], authority: [DNSRecord] = [], additional: [DNSRecord] = [],
    hasOptions: Bool = false,
    flags: [String] = [], isSecure: Bool = false, transport: DNSTransport = .udp
  ) {
    self.rcode = rcode
    self.answers = answers
    self.authority = authority
    self.additional = additional
    self.hasOptions = hasOptions
    self.flags = flags
    self.isSecure = isSecure
    self.transport = transport
  }
}

/// One resource record in presentation form (RFC 1035 section 5.1).
package struct DNSRecord: Hashable, Sendable {
  /// The owner, with its final dot.
  package var name: String
  package var type: String
  package var recordClass: String
  /// Seconds.
  package var ttl: Int
  /// The record's data as in a zone file.
  package var data: String

  /// A record with everything said.
  package init(name: String, type: String, recordClass: String, ttl: Int, data: String) {
    self.name = name
    self.type = type
    self.recordClass = recordClass
    self.ttl = ttl
    self.data = data
  }
}
