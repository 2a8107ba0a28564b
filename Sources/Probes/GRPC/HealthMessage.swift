/// The two messages of a health check (grpc.health.v1, health.proto), each in the frame that gRPC sends it in
/// (PROTOCOL-HTTP2.md, "Length-Prefixed-Message").
///
/// A string goes out and an enumeration comes back, so they are written and read by hand.
package enum HealthMessage {
  /// Why an answer is none.
  package struct Malformation: Error, Hashable {
    /// What the answer does, to be said after its sender.
    package let words: String
  }

  /// One byte that tells whether the message is compressed, and four with its length.
  private static let prefixBytes = 5

  /// The question about a service; about the server as a whole when its name is empty.
  package static func request(service: String) -> [UInt8] {
    let name = Array(service.utf8)
    var message: [UInt8] = []
    if !name.isEmpty {
      // Field 1, length-delimited (https://protobuf.dev/programming-guides/encoding/).
      message.append(0x0a)
      append(UInt64(name.count), to: &message)
      message += name
    }
    let length = UInt32(message.count)
    return [0] + (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * $0)) } + message
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// The state that an answer tells: `SERVING` and its like, or the number of one that has no name here.
  package static func serving(in answer: [UInt8]) throws(Malformation) -> String {
    guard !answer.isEmpty else { throw Malformation(words: "sent no message") }
    guard answer.count >= prefixBytes else { throw Malformation(words: "sent a message that ends in its prefix") }
    guard answer[0] == 0 else { throw Malformation(words: "sent a compressed message, which was not asked for") }
    let length = answer[1..<prefixBytes].reduce(0) { $0 << 8 | Int($1) }
    let message = answer[prefixBytes...]
    guard message.count == length else {
      throw Malformation(words: "announced a message of \(length) bytes and sent \(message.count)")
    }
    switch try status(in: message) {
    case 0: return "UNKNOWN"
    case 1: return "SERVING"
    case 2: return "NOT_SERVING"
    case 3: return "SERVICE_UNKNOWN"
    case let other: return "\(other)"
    }
  }

  /// Field 1 of the message, zero where it is not there; other fields are passed over, as protobuf has it.
  private static func status(in message: ArraySlice<UInt8>) throws(Malformation) -> Int32 {
    var rest = message
    var status: Int32 = 0
    while !rest.isEmpty {
      let tag = try number(from: &rest)
      switch tag & 7 {
      case 0:
        let value = try number(from: &rest)
        if tag >> 3 == 1 { status = Int32(truncatingIfNeeded: value) }
      case 1: try skip(8, in: &rest)
      case 2: try skip(try number(from: &rest), in: &rest)
      case 5: try skip(4, in: &rest)
      default: throw broken
      }
    }
    return status
  }

  private static let broken = Malformation(words: "sent a message that is no HealthCheckResponse")

  private static func number(from bytes: inout ArraySlice<UInt8>) throws(Malformation) -> UInt64 {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = bytes.popFirst() else { throw broken }
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return number }
    }
    throw broken
  }

  private static func skip(_ count: UInt64, in bytes: inout ArraySlice<UInt8>) throws(Malformation) {
    guard count <= UInt64(bytes.count) else { throw broken }
    bytes = bytes.dropFirst(Int(count))
  }
}
