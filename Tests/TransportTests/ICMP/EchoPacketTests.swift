import Testing
import Transport

@Suite("Echo packets")
struct EchoPacketTests {
  /// What an honest host makes of a request.
  private func reply(_ request: [UInt8], type: UInt8) -> [UInt8] {
    var bytes = request
    bytes[0] = type
    bytes[2] = 0
    bytes[3] = 0
    return bytes
  }

  @Test("the checksum is that of RFC 1071")
  func checksum() {
    #expect(EchoPacket.checksum([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]) == 0x220d)
    #expect(EchoPacket.checksum([0xff]) == 0x00ff)
    let request = EchoPacket(version: .v4, size: 7).request(9)
    #expect(EchoPacket.checksum(request) == 0)
  }

  @Test(
    "a reply is known by its type, identifier and data",
    arguments: [(.v4, 0), (.v6, 129)] as [(EchoPacket.Version, UInt8)])
  func matches(_ version: EchoPacket.Version, _ type: UInt8) {
    let packet = EchoPacket(version: version, size: 32)
    let reply = reply(packet.request(513), type: type)
    #expect(packet.sequence(ofReply: reply, checksIdentifier: true) == 513)
    for index in [0, 1, 4, 5, 8, 39] {
      var other = reply
      other[index] ^= 1
      #expect(packet.sequence(ofReply: other, checksIdentifier: true) == nil, "byte \(index)")
    }
    var renumbered = reply
    renumbered[4] ^= 1
    #expect(packet.sequence(ofReply: renumbered, checksIdentifier: false) == 513)
    for length in 0..<reply.count {
      #expect(packet.sequence(ofReply: reply.prefix(length), checksIdentifier: true) == nil)
    }
    #expect(packet.sequence(ofReply: reply + [0], checksIdentifier: true) == nil)
  }

  @Test("our own request is no reply, and is known when an error report quotes it")
  func quoted() {
    let packet = EchoPacket(version: .v4, size: 32)
    let request = packet.request(7)
    #expect(packet.sequence(ofReply: request, checksIdentifier: true) == nil)
    #expect(packet.sequence(ofQuoted: request.prefix(8), checksIdentifier: true) == 7)
    #expect(packet.sequence(ofQuoted: request.prefix(7), checksIdentifier: true) == nil)
  }

  @Test("data that was asked for stands at the front, before zeros, and is cut where there is no room")
  func front() {
    let text = Array("Exporter".utf8)
    #expect(Array(EchoPacket(version: .v4, size: 10, front: text).request(1).dropFirst(8)) == text + [0, 0])
    #expect(Array(EchoPacket(version: .v4, size: 3, front: text).request(1).dropFirst(8)) == Array(text.prefix(3)))
    #expect(EchoPacket(version: .v4, size: 0, front: text).request(1).count == 8)
  }

  @Test("two probes differ in their data")
  func cookie() {
    #expect(
      EchoPacket(version: .v4, size: 16).request(1).dropFirst(8)
        != EchoPacket(version: .v4, size: 16).request(1).dropFirst(8))
  }
}
