/// What may be sent along with a gRPC call
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Custom-Metadata").
package enum GRPCMetadata {
  /// Set by the call itself, or meaningless in HTTP/2 (RFC 9113 section 8.2.2).
  private static let reserved: Set<String> = [
    "content-type", "content-length", "te", "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding",
    "upgrade", "expect",
  ]

  /// Whether a key belongs to the call itself.
  package static func isReserved(_ key: String) -> Bool { reserved.contains(key) || key.hasPrefix("grpc-") }

  /// Whether the values of a key are bytes, which go over the wire as base64.
  package static func isBinary(_ key: String) -> Bool { key.hasSuffix("-bin") }

  /// What is wrong with a key; nil for one that can be sent.
  package static func fault(inKey key: String) -> String? {
    if key.utf8.contains(where: { (65...90).contains($0) }) {
      return "metadata key \"\(key)\" has capital letters; gRPC's keys are written in lower case"
    }
    guard !key.isEmpty, key.utf8.allSatisfy(isKeyByte) else {
      return "metadata key \"\(key)\" may hold lower-case letters, digits, '-', '_' and '.' only"
    }
    return isReserved(key) ? "metadata key \"\(key)\" belongs to the call itself" : nil
  }

  /// What is wrong with a value, which is not told; nil for one that can be sent.
  package static func fault(inValue value: String, of key: String) -> String? {
    guard isBinary(key) else {
      return value.utf8.allSatisfy { (0x20...0x7e).contains($0) }
        ? nil
        : "the value of metadata key \"\(key)\" holds more than printable ASCII; bytes go under a key that ends in -bin"
    }
    let digits = value.utf8.reversed().drop { $0 == UInt8(ascii: "=") }
    let isWhole = digits.count % 4 != 1 && value.utf8.count - digits.count <= 2
    return isWhole && digits.allSatisfy(isBase64Byte)
      ? nil : "the value of metadata key \"\(key)\" is no base64, which a key that ends in -bin asks for"
  }

  /// What is wrong with an entry; nil for one that can be sent.
  package static func fault(in field: HeaderField) -> String? {
    fault(inKey: field.name) ?? fault(inValue: field.value, of: field.name)
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 97...122, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
    default: false
    }
  }

  private static func isBase64Byte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, UInt8(ascii: "+"), UInt8(ascii: "/"): true
    default: false
    }
  }
}
