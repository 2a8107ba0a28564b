/// Finds secrets in text, in every form in which they commonly travel, and masks them.
///
/// Made once when the files are loaded. The forms: as it is; each line of eight or more characters of one with several;
/// percent-encoded, JSON-escaped, HTML-escaped and with visible line ends; hex in both cases; and base64 at each of the three alignments, so that
/// it is found inside a longer text too, such as the user and password of a `Basic` header.
package struct Redactor: Sendable {
  /// What stands in place of a secret.
  package static let mask = "•••"

  /// What is searched for, by first byte, longest first.
  private var needlesByFirstByte: [UInt8: [[UInt8]]] = [:]
  private var isFirstByte = [Bool](repeating: false, count: 256)

  /// A redactor that knows these secrets; with none it returns every text as it is.
  package init(_ secrets: some Sequence<Secret>) {
    var forms: Set<[UInt8]> = []
    for secret in secrets {
      let value = secret.exposedValue
      guard !value.isEmpty else { continue }
      SecretForms.insert(of: value, into: &forms)
      let lines = value.split(whereSeparator: \.isNewline)
      for line in lines where line.utf8.count < value.utf8.count && line.unicodeScalars.count >= 8 {
        SecretForms.insert(of: String(line), into: &forms)
      }
    }
    for form in forms {
      guard let first = form.first else { continue }
      needlesByFirstByte[first, default: []].append(form)
      isFirstByte[Int(first)] = true
    }
    for first in needlesByFirstByte.keys {
      needlesByFirstByte[first]?.sort { $0.count > $1.count }
    }
  }

  /// A redactor without secrets.
  package static let none = Redactor([])

  /// Whether there is anything to mask.
  package var isEmpty: Bool { needlesByFirstByte.isEmpty }

  /// The text with every form of every secret masked.
  ///
  /// Where text was cut, `…` stands in place of the rest; a secret that was cut with it is masked as well.
  package func redact(_ text: String) -> String {
    guard !isEmpty else { return text }
    let bytes = Array(text.utf8)
    guard let masked = masked(bytes, upTo: bytes.count, isCutAtEnd: false) else { return text }
    return String(decoding: masked, as: UTF8.self)
  }

  /// The first bytes, with every form of every secret masked that begins among them: one that lies over the border is
  /// masked as a whole, and so is one that the end of the bytes has cut.
  ///
  /// - Parameter limit: how many of `bytes` are kept; what is masked may be longer or shorter than what it stands for.
  package func redact(_ bytes: [UInt8], upTo limit: Int) -> [UInt8] {
    guard !isEmpty, limit > 0 else { return bytes.count > limit ? Array(bytes.prefix(max(0, limit))) : bytes }
    if let masked = masked(bytes, upTo: min(limit, bytes.count), isCutAtEnd: true) { return masked }
    return bytes.count > limit ? Array(bytes.prefix(limit)) : bytes
  }

  /// Nil when nothing was found, so that the common case copies nothing.
  private func masked(_ bytes: [UInt8], upTo limit: Int, isCutAtEnd: Bool) -> [UInt8]? {
    var result: [UInt8] = []
    var copied = 0
    var index = 0
    while index < limit {
      guard var end = matchEnd(in: bytes, at: index, isCutAtEnd: isCutAtEnd) else {
        index += 1
        continue
      }
      result += bytes[copied..<index]
      result += Array(Self.mask.utf8)
      // Secrets may overlap: what begins inside of one and ends behind it goes with it.
      while index < end {
        end = max(end, matchEnd(in: bytes, at: index, isCutAtEnd: isCutAtEnd) ?? end)
        index += 1
      }
      copied = end
    }
    guard copied > 0 else { return nil }
    if copied < limit { result += bytes[copied..<limit] }
    return result
  }

  /// The bytes of `…`, which stands where text was cut.
  private static let cutMark = Array("…".utf8)

  /// Where the longest secret ends that begins at `index`.
  private func matchEnd(in bytes: [UInt8], at index: Int, isCutAtEnd: Bool) -> Int? {
    guard isFirstByte[Int(bytes[index])], let needles = needlesByFirstByte[bytes[index]] else { return nil }
    var longest: Int?
    for needle in needles {
      let reach = min(needle.count, bytes.count - index)
      var length = 1
      while length < reach, bytes[index + length] == needle[length] { length += 1 }
      let end = index + length
      // One character alone gives nothing away, and would be masked in innocent text all the time.
      let isCut = length >= 2 && (end == bytes.count ? isCutAtEnd : bytes[end...].starts(with: Self.cutMark))
      if length == needle.count || isCut { longest = max(longest ?? 0, end) }
    }
    return longest
  }
}

/// The forms in which one secret may appear.
private enum SecretForms {
  static func insert(of value: String, into forms: inout Set<[UInt8]>) {
    let bytes = Array(value.utf8)
    forms.insert(bytes)
    forms.insert(percentEncoded(bytes, spaceAsPlus: false))
    forms.insert(percentEncoded(bytes, spaceAsPlus: true))
    forms.insert(lowercasedEscapes(percentEncoded(bytes, spaceAsPlus: false)))
    forms.insert(jsonEscaped(value, escapesSlash: false))
    forms.insert(jsonEscaped(value, escapesSlash: true))
    forms.insert(lineEscaped(value))
    forms.insert(htmlEscaped(value, apostrophe: "&#39;"))
    forms.insert(htmlEscaped(value, apostrophe: "&#x27;"))
    // Hex and base64 of a very short secret would mask innocent text everywhere.
    guard bytes.count >= 4 else { return }
    forms.insert(hex(bytes, digits: Array("0123456789abcdef".utf8)))
    forms.insert(hex(bytes, digits: Array("0123456789ABCDEF".utf8)))
    for alignment in 0..<3 {
      for alphabet in [Base64.standard, Base64.urlSafe] {
        let form = Base64.inner(of: bytes, alignment: alignment, alphabet: alphabet)
        if form.count >= 4 { forms.insert(form) }
      }
    }
  }

  private static func percentEncoded(_ bytes: [UInt8], spaceAsPlus: Bool) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    var result: [UInt8] = []
    for byte in bytes {
      switch byte {
      case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.append(byte)
      case 32 where spaceAsPlus:
        result.append(UInt8(ascii: "+"))
      default:
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return result
  }

  private static func lowercasedEscapes(_ encoded: [UInt8]) -> [UInt8] {
    var result = encoded
    var index = 0
    while index < result.count {
      if result[index] == UInt8(ascii: "%") {
        for digit in index + 1...index + 2 where (65...70).contains(result[digit]) { result[digit] += 32 }
        index += 3
      } else {
        index += 1
      }
    }
    return result
  }

  private static func jsonEscaped(_ value: String, escapesSlash: Bool) -> [UInt8] {
    var result = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "/" where escapesSlash: result += "\\/"
      case _ where scalar.value < 32:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return Array(result.utf8)
  }

  /// As our own messages show text in one line.
  private static func lineEscaped(_ value: String) -> [UInt8] {
    var result = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return Array(result.utf8)
  }

  private static func htmlEscaped(_ value: String, apostrophe: String) -> [UInt8] {
    var result = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += apostrophe
      default: result.unicodeScalars.append(scalar)
      }
    }
    return Array(result.utf8)
  }

  private static func hex(_ bytes: [UInt8], digits: [UInt8]) -> [UInt8] {
    bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }
}

/// Base64 (RFC 4648) as it appears inside a longer text.
private enum Base64 {
  static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  static let urlSafe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// The characters that `bytes` alone decide when `alignment` other bytes (modulo three) come before them and any after.
  static func inner(of bytes: [UInt8], alignment: Int, alphabet: [UInt8]) -> [UInt8] {
    var bits: [UInt8] = []
    bits.reserveCapacity(bytes.count * 8)
    for byte in bytes {
      for shift in (0..<8).reversed() { bits.append((byte >> UInt8(shift)) & 1) }
    }
    // The first character that holds none of the bits before begins at the next multiple of six.
    let offset = alignment * 8
    let skipped = (6 - offset % 6) % 6
    var result: [UInt8] = []
    var index = skipped
    while index + 6 <= bits.count {
      let value = bits[index..<index + 6].reduce(0) { $0 << 1 | Int($1) }
      result.append(alphabet[value])
      index += 6
    }
    return result
  }
}
