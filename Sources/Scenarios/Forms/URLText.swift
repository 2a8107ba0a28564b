import Documents
import Model

/// An absolute URL with a host (RFC 3986), taken apart as far as a check needs.
struct URLText {
  /// The whole text, what no URL may hold percent-encoded.
  let text: String
  /// Lower-case.
  let scheme: String
  /// A name or an address without brackets.
  let host: String
  let port: Int?

  /// What is wrong with a text that is no URL.
  struct Fault: Error {
    let message: String
  }

  /// Reads a URL of one of `schemes`; of any scheme when there are none.
  init(_ text: String, schemes: [String]) throws(Fault) {
    guard let colon = text.range(ofASCII: "://") else {
      let example = schemes.contains("https") ? "https" : schemes.first ?? "https"
      throw Fault(message: "'\(text.escaped)' is no URL: it has no scheme, such as \(example)://")
    }
    let scheme = text[..<colon.lowerBound].lowercased()
    guard let first = scheme.utf8.first, (97...122).contains(first),
      scheme.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || "+-.".utf8.contains($0) })
    else { throw Fault(message: "'\(text.escaped)' is no URL: '\(scheme.escaped)' is no scheme") }
    guard schemes.isEmpty || schemes.contains(scheme) else {
      throw Fault(message: "scheme '\(scheme)' cannot be used here: \(schemes.joined(separator: ", "))")
    }
    let rest = text[colon.upperBound...]
    let authorityEnd = Self.authorityEnd(of: rest) ?? rest.endIndex
    let authority = rest[..<authorityEnd]
    let hostAndPort =
      authority.utf8.lastIndex(of: UInt8(ascii: "@")).map { authority[authority.utf8.index(after: $0)...] } ?? authority
    // An IPv6 address stands in brackets (RFC 3986 section 3.2.2).
    guard let endpoint = Endpoint(written: String(hostAndPort), defaultPort: 65_535), Self.isHost(endpoint.host),
      hostAndPort.hasPrefix("[") || !endpoint.host.contains(":")
    else {
      throw Fault(
        message: hostAndPort.isEmpty
          ? "'\(text.escaped)' has no host" : "'\(text.escaped)' has no valid host and port")
    }
    self.scheme = scheme
    host = endpoint.host
    port = Endpoint(String(hostAndPort))?.port
    self.text = scheme + "://" + authority + Self.encoded(rest[authorityEnd...])
  }

  /// The host of a URL of which only the beginning is known; nil unless that reaches beyond the host.
  static func host(ofBeginning text: String) -> String? {
    guard let colon = text.range(ofASCII: "://"),
      let end = authorityEnd(of: text[colon.upperBound...])
    else { return nil }
    return (try? URLText(String(text[..<end]), schemes: []))?.host.lowercased()
  }

  /// Where what follows `://` goes on beyond host and port; nil where it does not.
  private static func authorityEnd(of rest: Substring) -> String.Index? {
    rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
  }

  /// Names and addresses; letters beyond ASCII are for the transport to translate (RFC 5891).
  private static func isHost(_ host: String) -> Bool {
    !host.utf8.contains { byte in
      byte <= 0x20 || byte == 0x7F || "\"<>\\^`{|}/?#@%[]".utf8.contains(byte) && byte != UInt8(ascii: "%")
    }
  }

  /// Percent-encodes what may not stand in a URL (RFC 3986 section 2), a `%` that begins no escape among it.
  static func encoded(_ text: Substring) -> String {
    let bytes = Array(text.utf8)
    guard let first = bytes.indices.first(where: { !isAllowed(bytes, at: $0) }) else { return String(text) }
    var result = Array(bytes[..<first])
    for index in first..<bytes.count {
      if isAllowed(bytes, at: index) { result.append(bytes[index]) } else { result += escape(bytes[index]) }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Percent-encodes all but unreserved characters (RFC 3986 section 2.3).
  static func component(_ text: String, spaceAsPlus: Bool = false) -> String {
    var result: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.append(byte)
      case 0x20 where spaceAsPlus: result.append(UInt8(ascii: "+"))
      default: result += escape(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func isAllowed(_ bytes: [UInt8], at index: Int) -> Bool {
    switch bytes[index] {
    case UInt8(ascii: "%"): index + 2 < bytes.count && isHexDigit(bytes[index + 1]) && isHexDigit(bytes[index + 2])
    case 0...0x20, 0x7F...0xFF: false
    case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"),
      UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
      false
    default: true
    }
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...70, 97...102: true
    default: false
    }
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}

extension String {
  /// The first place where `needle` stands.
  fileprivate func range(ofASCII needle: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].utf8.starts(with: needle.utf8) {
        return start..<utf8.index(start, offsetBy: needle.utf8.count)
      }
      start = utf8.index(after: start)
    }
    return nil
  }
}

extension Form where Value == URLText {
  /// An absolute URL of one of `schemes`. Control characters written into it are refused; those that a template brings are
  /// percent-encoded.
  static func url(_ schemes: [String]) -> Form {
    Form(.text(pattern: schemes.isEmpty ? "://" : "^(\(schemes.joined(separator: "|")))://")) { node, reader in
      guard let text = Form<String>.text.read(node, reader) else { return nil }
      if !node.isRendered, text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
        reader.fault("a URL holds no control characters: '\(text.escaped)'", at: node)
        return nil
      }
      do throws(URLText.Fault) {
        return try URLText(text, schemes: schemes)
      } catch {
        reader.fault(error.message, at: node)
        return nil
      }
    }
  }
}

extension Form where Value == Endpoint {
  /// `host:port`; an IPv6 address stands in brackets.
  static let endpoint = Form<String>.text.map(schema: .text(pattern: ":[0-9]+$")) { text, node, reader -> Endpoint? in
    if let endpoint = Endpoint(written: text) { return endpoint }
    reader.fault(
      "'\(text.escaped)' is no host and port", at: node, notes: ["targets are written shop.example:443 or [::1]:53"])
    return nil
  }
}
