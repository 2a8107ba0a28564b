import CLDNS
import Glibc

/// A record type by its number (RFC 1035 section 3.2.2 and what IANA added since).
package struct DNSType: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  package static let a = DNSType(rawValue: 1)
  package static let ns = DNSType(rawValue: 2)
  package static let cname = DNSType(rawValue: 5)
  package static let soa = DNSType(rawValue: 6)
  package static let ptr = DNSType(rawValue: 12)
  package static let mx = DNSType(rawValue: 15)
  package static let txt = DNSType(rawValue: 16)
  package static let aaaa = DNSType(rawValue: 28)
  package static let srv = DNSType(rawValue: 33)
  package static let dname = DNSType(rawValue: 39)
  /// The pseudo record of EDNS (RFC 6891).
  package static let opt = DNSType(rawValue: 41)
  package static let rrsig = DNSType(rawValue: 46)
  package static let nsec = DNSType(rawValue: 47)
  static let wks = DNSType(rawValue: 11)
  static let ipseckey = DNSType(rawValue: 45)
  static let hip = DNSType(rawValue: 55)
  static let amtrelay = DNSType(rawValue: 260)

  /// Reads a mnemonic in any case (`MX`, `any`) or `TYPE65` (RFC 3597 section 5); nil when there is no such type.
  package init?(mnemonic: String) {
    let upper = mnemonic.uppercased()
    if upper.hasPrefix("TYPE"), let number = DNSMnemonic.number(upper.dropFirst(4)) {
      self.init(rawValue: number)
      return
    }
    guard DNSMnemonic.isWord(upper), !upper.hasPrefix("TYPE") else { return nil }
    let number = ldns_get_rr_type_by_name(upper).rawValue
    guard number != 0, let number = UInt16(exactly: number) else { return nil }
    self.init(rawValue: number)
  }

  /// `MX`, or `TYPE65280` for what has no name (RFC 3597 section 5).
  package var mnemonic: String {
    switch self {
    case .a: "A"
    case .aaaa: "AAAA"
    case .cname: "CNAME"
    case .mx: "MX"
    case .ns: "NS"
    case .soa: "SOA"
    case .txt: "TXT"
    default: DNSMnemonic.owned(ldns_rr_type2str(ldns_rr_type(UInt32(rawValue)))) ?? "TYPE\(rawValue)"
    }
  }
}

/// A record class by its number (RFC 1035 section 3.2.4).
package struct DNSClass: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// The internet.
  package static let internet = DNSClass(rawValue: 1)

  /// Reads `IN`, `CH`, `HS`, `NONE`, `ANY` in any case or `CLASS32` (RFC 3597 section 5); nil when there is no such class.
  package init?(mnemonic: String) {
    let upper = mnemonic.uppercased()
    if upper.hasPrefix("CLASS") {
      guard let number = DNSMnemonic.number(upper.dropFirst(5)) else { return nil }
      self.init(rawValue: number)
      return
    }
    switch upper {
    case "IN": self = .internet
    case "CH": self.init(rawValue: 3)
    case "HS": self.init(rawValue: 4)
    case "NONE": self.init(rawValue: 254)
    case "ANY": self.init(rawValue: 255)
    default: return nil
    }
  }

  /// `IN`, or `CLASS32` for what has no name.
  package var mnemonic: String {
    switch rawValue {
    case 1: "IN"
    case 3: "CH"
    case 4: "HS"
    case 254: "NONE"
    case 255: "ANY"
    default: "CLASS\(rawValue)"
    }
  }
}

/// A response code, with the upper bits that EDNS adds (RFC 6895 section 2.3).
package struct DNSResponseCode: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  package static let noError = DNSResponseCode(rawValue: 0)
  package static let nameError = DNSResponseCode(rawValue: 3)

  private static let names: [UInt16: String] = [
    0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN", 7: "YXRRSET",
    8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE", 11: "DSOTYPENI", 16: "BADVERS", 17: "BADKEY", 18: "BADTIME",
    19: "BADMODE", 20: "BADNAME", 21: "BADALG", 22: "BADTRUNC", 23: "BADCOOKIE",
  ]

  /// `NXDOMAIN`, or `RCODE12` for what has no name.
  package var mnemonic: String { Self.names[rawValue] ?? "RCODE\(rawValue)" }
}

/// What the mnemonics of types and classes share.
private enum DNSMnemonic {
  static func number(_ digits: Substring) -> UInt16? {
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return UInt16(digits)
  }

  static func isWord(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || $0 == UInt8(ascii: "-") }
  }

  /// Takes over a string that ldns allocated.
  static func owned(_ pointer: UnsafeMutablePointer<CChar>?) -> String? {
    guard let pointer else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
  }
}
