import CLDNS
package import Model

/// Puts the records of one message into the words of a zone file (RFC 1035 section 5.1).
///
/// Names in data are expanded here, with the message's bounds, for the types that may compress them (RFC 3597 section 4);
/// ldns is only ever given one record without the rest of its message, and formats what is not formatted here.
package struct DNSPresenter {
  private let message: DNSMessage
  // A hostile message can point at one long name thousands of times; its text is made and kept once.
  private var names: [Int: String] = [:]

  /// A presenter for one message.
  package init(_ message: DNSMessage) {
    self.message = message
  }

  /// The records of a section, in the order in which they came.
  package mutating func records(_ section: [DNSMessage.Record]) throws(DNSMalformation) -> [DNSRecord] {
    var records: [DNSRecord] = []
    records.reserveCapacity(section.count)
    for record in section {
      records.append(
        DNSRecord(
          name: try name(at: record.nameOffset).text, type: record.type.mnemonic,
          recordClass: record.recordClass.mnemonic, ttl: Int(record.ttl), data: try data(of: record)))
    }
    return records
  }

  private mutating func name(at offset: Int) throws(DNSMalformation) -> (text: String, end: Int) {
    let bytes = message.bytes
    var key = offset
    if offset + 1 < bytes.count, bytes[offset] >= 0xc0 { key = Int(bytes.number(at: offset) & 0x3fff) }
    if let text = names[key] { return (text, try bytes.endOfName(at: offset)) }
    let (name, end) = try bytes.name(at: offset)
    let text = name.description
    names[key] = text
    return (text, end)
  }

  private mutating func data(of record: DNSMessage.Record) throws(DNSMalformation) -> String {
    let start = record.data.lowerBound
    let bytes = message.bytes
    switch record.type {
    case .a where record.recordClass == .internet, .aaaa where record.recordClass == .internet:
      return try message.address(of: record)?.description ?? ""
    case .ns, .cname, .ptr, .dname:
      let (text, end) = try name(at: start)
      try check(end == record.data.upperBound, record)
      return text
    case .mx:
      try check(record.data.count > 2, record)
      let (text, end) = try name(at: start + 2)
      try check(end == record.data.upperBound, record)
      return "\(bytes.number(at: start)) \(text)"
    default:
      return try LDNSRecord.presentation(type: record.type, recordClass: record.recordClass, data: expanded(record))
    }
  }

  /// A record's data with all names written out.
  private func expanded(_ record: DNSMessage.Record) throws(DNSMalformation) -> [UInt8] {
    let bytes = message.bytes
    guard let layout = DNSDataLayout(record.type) else { return Array(bytes[record.data]) }
    var data: [UInt8] = []
    var offset = record.data.lowerBound
    for part in layout.parts {
      let next: Int
      switch part {
      case .bytes(let count):
        next = offset + count
        try check(next <= record.data.upperBound, record)
        data += bytes[offset..<next]
      case .string:
        try check(offset < record.data.upperBound, record)
        next = offset + 1 + Int(bytes[offset])
        try check(next <= record.data.upperBound, record)
        data += bytes[offset..<next]
      case .name:
        let (name, end) = try bytes.name(at: offset)
        next = end
        try check(next <= record.data.upperBound, record)
        data += name.wire
      case .rest:
        next = record.data.upperBound
        data += bytes[offset..<next]
      }
      offset = next
    }
    try check(offset == record.data.upperBound, record)
    return data
  }

  private func check(_ isWellFormed: Bool, _ record: DNSMessage.Record) throws(DNSMalformation) {
    guard isWellFormed else {
      throw DNSMalformation("the data of its \(record.type.mnemonic) record does not fit its type")
    }
  }
}

/// Where names are in the data of the types that have some.
private struct DNSDataLayout {
  enum Part {
    case bytes(Int)
    case string
    case name
    case rest
  }

  let parts: [Part]

  /// Nil for types without names in their data.
  init?(_ type: DNSType) {
    switch type.rawValue {
    case 2, 3, 4, 5, 7, 8, 9, 12, 39: parts = [.name]
    case 6: parts = [.name, .name, .bytes(20)]  // SOA
    case 14, 17, 58: parts = [.name, .name]  // MINFO, RP, TALINK
    case 15, 18, 21, 36, 107: parts = [.bytes(2), .name]  // MX, AFSDB, RT, KX, LP
    case 24, 46: parts = [.bytes(18), .name, .rest]  // SIG, RRSIG
    case 26: parts = [.bytes(2), .name, .name]  // PX
    case 30, 47: parts = [.name, .rest]  // NXT, NSEC
    case 33: parts = [.bytes(6), .name]  // SRV
    case 35: parts = [.bytes(4), .string, .string, .string, .name]  // NAPTR
    case 64, 65: parts = [.bytes(2), .name, .rest]  // SVCB, HTTPS
    case 249, 250: parts = [.name, .rest]  // TKEY, TSIG
    default: return nil
    }
  }
}

/// ldns' view of one record, given and freed here.
private enum LDNSRecord {
  /// Types whose data ldns is not trusted with. IPSECKEY, HIP and AMTRELAY hold names, in which it follows a pointer to itself
  /// many thousand times; for WKS it asks the C library's databases for each bit, which reads a file each time and is not safe
  /// on several threads.
  private static let untrusted: Set<DNSType> = [.wks, .ipseckey, .hip, .amtrelay]

  /// The data in presentation form, or as `\# 4 0a000001` (RFC 3597 section 5) when it does not fit its type.
  static func presentation(type: DNSType, recordClass: DNSClass, data: [UInt8]) -> String {
    guard !untrusted.contains(type), let text = formatted(type: type, recordClass: recordClass, data: data) else {
      return generic(data)
    }
    return text
  }

  private static func formatted(type: DNSType, recordClass: DNSClass, data: [UInt8]) -> String? {
    // With its names written out, data can be longer than the message that it came in.
    guard let length = UInt16(exactly: data.count) else { return nil }
    var wire: [UInt8] = [0]
    wire.reserveCapacity(11 + data.count)
    for number in [type.rawValue, recordClass.rawValue, 0, 0, length] {
      wire += [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
    }
    wire += data
    var record: UnsafeMutablePointer<ldns_rr>?
    var end = 0
    guard ldns_wire2rr(&record, wire, wire.count, &end, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK, let record else {
      return nil
    }
    defer { ldns_rr_free(record) }
    guard end == wire.count, let buffer = ldns_buffer_new(256) else { return nil }
    defer { ldns_buffer_free(buffer) }
    // Without comments: ldns would add the key's id behind a DNSKEY.
    guard curlew_ldns_print(buffer, record) == LDNS_STATUS_OK,
      let start = ldns_buffer_begin(buffer)
    else { return nil }
    let text = UnsafeBufferPointer(start: start, count: ldns_buffer_position(buffer))
    return fields(of: text)
  }

  /// What follows the four columns owner, TTL, class and type; blanks run together outside of quotes, for ldns pads some.
  private static func fields(of line: UnsafeBufferPointer<UInt8>) -> String? {
    var tabs = 0
    guard
      let last = line.firstIndex(where: { byte in
        if byte == UInt8(ascii: "\t") { tabs += 1 }
        return tabs == 4
      })
    else { return nil }
    var text: [UInt8] = []
    text.reserveCapacity(line.count)
    var isQuoted = false
    var isEscaped = false
    for byte in line[(last + 1)...] {
      let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
      if isBlank, !isQuoted {
        if let last = text.last, last != UInt8(ascii: " ") { text.append(UInt8(ascii: " ")) }
        continue
      }
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      }
      text.append(byte)
    }
    if text.last == UInt8(ascii: " ") { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }

  private static func generic(_ data: [UInt8]) -> String {
    guard !data.isEmpty else { return "\\# 0" }
    let hex = data.withUnsafeBytes { String(hex: $0) }
    return "\\# \(data.count) \(hex)"
  }
}
