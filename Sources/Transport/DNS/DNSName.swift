/// A domain name as it stands in a message, without compression: labels with their lengths, and a zero at the end
/// (RFC 1035 section 3.1). Names that differ in case alone are equal (RFC 4343).
package struct DNSName: Sendable {
  /// The labels in their own case, at most 255 bytes.
  package let wire: [UInt8]

  /// `.`
  package static let root = DNSName(wire: [0])

  /// Labels that are known to be well formed.
  init(wire: [UInt8]) {
    self.wire = wire
  }

  /// Reads a name as a zone file has it (RFC 1035 section 5.1): labels between dots, `\.` and `\046` for bytes that are
  /// meant literally. A final dot makes no difference; an empty text is the root.
  package init(_ text: String) throws(DNSNameProblem) {
    var wire: [UInt8] = []
    wire.reserveCapacity(text.utf8.count + 2)
    wire.append(0)
    var start = 0
    var bytes = text.utf8.makeIterator()
    var isRootAlone = false
    while var byte = bytes.next() {
      if isRootAlone { throw DNSNameProblem(text, "a label is empty") }
      if byte == UInt8(ascii: ".") {
        guard wire.count > start + 1 else {
          guard start == 0, wire.count == 1 else { throw DNSNameProblem(text, "a label is empty") }
          isRootAlone = true
          continue
        }
        start = wire.count
        wire.append(0)
        continue
      }
      if byte == UInt8(ascii: "\\") {
        byte = try Self.escaped(&bytes, in: text)
      } else if byte <= 32 || byte == 127 {
        throw DNSNameProblem(text, "it holds a blank or a control character; write it as \\\(Self.decimal(byte))")
      } else if byte > 127 {
        throw DNSNameProblem(text, "it holds letters outside ASCII; write it in its xn-- form (RFC 5891)")
      }
      wire.append(byte)
      wire[start] += 1
      guard wire[start] <= 63 else { throw DNSNameProblem(text, "a label is longer than 63 bytes") }
    }
    // After a final dot the last length is the zero that ends every name.
    if wire[start] != 0 { wire.append(0) }
    guard wire.count <= 255 else { throw DNSNameProblem(text, "it is longer than 255 bytes") }
    self.wire = wire
  }

  private static func escaped(
    _ bytes: inout String.UTF8View.Iterator, in text: String
  ) throws(DNSNameProblem) -> UInt8 {
    guard let first = bytes.next() else { throw DNSNameProblem(text, "it ends in a backslash") }
    guard (48...57).contains(first) else {
      guard first > 32, first < 127 else { throw DNSNameProblem(text, "no printable character follows a backslash") }
      return first
    }
    guard let second = bytes.next(), let third = bytes.next(), (48...57).contains(second), (48...57).contains(third),
      let byte = UInt8(exactly: Int(first - 48) * 100 + Int(second - 48) * 10 + Int(third - 48))
    else { throw DNSNameProblem(text, "a backslash and a digit begin \\000 to \\255") }
    return byte
  }

  fileprivate static func decimal(_ byte: UInt8) -> String {
    let digits = String(byte)
    return String(repeating: "0", count: 3 - digits.utf8.count) + digits
  }

  /// How many labels it has; the root has none.
  package var labelCount: Int {
    var count = 0
    var index = 0
    while index < wire.count, wire[index] != 0 {
      index += Int(wire[index]) + 1
      count += 1
    }
    return count
  }

  /// This name under another one: `www` under `example.com` is `www.example.com`; nil when that would be too long.
  package func under(_ parent: DNSName) -> DNSName? {
    let joined = wire.dropLast() + parent.wire
    return joined.count <= 255 ? DNSName(wire: Array(joined)) : nil
  }
}

extension DNSName: Hashable {
  package static func == (left: DNSName, right: DNSName) -> Bool {
    guard left.wire.count == right.wire.count else { return false }
    for index in left.wire.indices where lowercased(left.wire[index]) != lowercased(right.wire[index]) { return false }
    return true
  }

  package func hash(into hasher: inout Hasher) {
    for byte in wire { hasher.combine(Self.lowercased(byte)) }
  }

  // Lengths are below 64 and so never look like a letter.
  private static func lowercased(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 32 : byte }
}

extension DNSName: CustomStringConvertible {
  /// The name as a zone file has it, with its final dot; what is special there is escaped.
  package var description: String {
    wire.count > 1 ? plainDescription() ?? escapedDescription() : "."
  }

  /// Fast for names of letters, digits, hyphens and underscores, which nearly all are.
  private func plainDescription() -> String? {
    var isPlain = true
    let text = String(unsafeUninitializedCapacity: wire.count) { buffer in
      var index = 0
      var end = 0
      while index < wire.count - 1 {
        let length = Int(wire[index])
        for byte in wire[index + 1...index + length] {
          switch byte {
          case 45, 48...57, 65...90, 95, 97...122: buffer[end] = byte
          default: isPlain = false
          }
          end += 1
        }
        buffer[end] = UInt8(ascii: ".")
        end += 1
        index += length + 1
      }
      return isPlain ? end : 0
    }
    return isPlain ? text : nil
  }

  private func escapedDescription() -> String {
    var text = ""
    var index = 0
    while index < wire.count - 1 {
      let length = Int(wire[index])
      for byte in wire[index + 1...index + length] {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"),
          UInt8(ascii: "\""), UInt8(ascii: "@"), UInt8(ascii: "$"):
          text.append("\\")
          text.unicodeScalars.append(Unicode.Scalar(byte))
        case 33...126: text.unicodeScalars.append(Unicode.Scalar(byte))
        default: text += "\\" + Self.decimal(byte)
        }
      }
      text += "."
      index += length + 1
    }
    return text
  }
}

/// Why a text is no domain name.
package struct DNSNameProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line in words, with the text in quotes.
  package let description: String

  init(_ text: String, _ why: String) {
    description = "\"\(text)\" is no domain name: \(why)"
  }
}
