/// Reads the subject of a certificate out of its bytes (RFC 5280 section 4.1), which the library keeps to itself. TLS has verified the
/// certificate before; what is not well formed has no name all the same.
enum CertificateSubject {
  /// The common name, the most significant one (RFC 6125 section 6.4.4); nil where there is none that is text.
  static func commonName(der bytes: [UInt8]) -> String? {
    var outer = DERReader(bytes[...])
    guard var certificate = outer.next(0x30).map(DERReader.init),
      var fields = certificate.next(0x30).map(DERReader.init)
    else { return nil }
    // Version, serial number, algorithm, issuer, validity.
    if fields.peek == 0xA0 { _ = fields.next(0xA0) }
    guard fields.next(0x02) != nil, fields.next(0x30) != nil, fields.next(0x30) != nil, fields.next(0x30) != nil,
      var subject = fields.next(0x30).map(DERReader.init)
    else { return nil }
    var name: String?
    while var set = subject.next(0x31).map(DERReader.init) {
      while var attribute = set.next(0x30).map(DERReader.init) {
        // id-at-commonName, 2.5.4.3.
        guard let type = attribute.next(0x06), type.elementsEqual([0x55, 0x04, 0x03]), let tag = attribute.peek,
          let value = attribute.next(tag)
        else { continue }
        // UTF8String, PrintableString and IA5String; the others are not written any more.
        guard [0x0C, 0x13, 0x16].contains(tag) else { continue }
        name = String(validating: value, as: UTF8.self) ?? name
      }
    }
    return name
  }
}

/// Walks over elements of DER (X.690 section 8.1).
private struct DERReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  /// The tag of the next element.
  var peek: UInt8? { rest.first }

  /// The content of the next element; nil where it has another tag, or goes beyond the end.
  mutating func next(_ tag: UInt8) -> ArraySlice<UInt8>? {
    guard rest.first == tag, rest.count >= 2 else { return nil }
    var place = rest.startIndex + 1
    var length = Int(rest[place])
    place += 1
    if length >= 0x80 {
      let count = length & 0x7F
      guard (1...4).contains(count), rest.endIndex - place >= count else { return nil }
      length = rest[place..<(place + count)].reduce(0) { $0 << 8 | Int($1) }
      place += count
    }
    guard rest.endIndex - place >= length else { return nil }
    defer { rest = rest[(place + length)...] }
    return rest[place..<(place + length)]
  }
}
