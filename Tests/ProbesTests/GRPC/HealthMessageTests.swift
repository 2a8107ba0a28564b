import Probes
import Testing

@Suite("The messages of a health check")
struct HealthMessageTests {
  @Test("ask about a service by its name, and about the server by an empty message")
  func request() {
    #expect(HealthMessage.request(service: "") == [0, 0, 0, 0, 0])
    #expect(HealthMessage.request(service: "ab") == [0, 0, 0, 0, 4, 0x0a, 2, 0x61, 0x62])
    let long = String(repeating: "x", count: 300)
    // 300 is 0xac 0x02 as a varint, and the message has 303 bytes.
    #expect(HealthMessage.request(service: long).prefix(8) == [0, 0, 0, 1, 0x2f, 0x0a, 0xac, 0x02])
  }

  @Test(
    "tell the state",
    arguments: [
      ([], "UNKNOWN"), ([8, 0], "UNKNOWN"), ([8, 1], "SERVING"), ([8, 2], "NOT_SERVING"), ([8, 3], "SERVICE_UNKNOWN"),
      ([8, 7], "7"),
      // The last of a field that comes twice counts.
      ([8, 2, 8, 1], "SERVING"),
      // Fields that nobody knows: a string, four bytes, eight bytes, a number, and field 1 of another type.
      ([0x12, 2, 1, 2, 8, 1], "SERVING"), ([0x1d, 1, 2, 3, 4, 8, 1], "SERVING"),
      ([0x21, 1, 2, 3, 4, 5, 6, 7, 8, 8, 1], "SERVING"), ([0x28, 0xff, 1, 8, 1], "SERVING"),
      ([0x0a, 1, 9, 8, 1], "SERVING"),
      // A negative number has ten bytes.
      ([8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], "-1"),
    ] as [([UInt8], String)])
  func serving(message: [UInt8], state: String) throws {
    #expect(try HealthMessage.serving(in: [0, 0, 0, 0, UInt8(message.count)] + message) == state)
  }

  @Test(
    "that are none are refused in words",
    arguments: [
      ([], "sent no message"), ([0, 0, 0], "sent a message that ends in its prefix"),
      ([1, 0, 0, 0, 2, 8, 1], "sent a compressed message, which was not asked for"),
      ([0, 0, 0, 0, 9, 8, 1], "announced a message of 9 bytes and sent 2"),
      // Two messages where one is due.
      ([0, 0, 0, 0, 2, 8, 1, 0, 0, 0, 0, 2, 8, 1], "announced a message of 2 bytes and sent 9"),
      ([0, 0xff, 0xff, 0xff, 0xff, 8, 1], "announced a message of 4294967295 bytes and sent 2"),
      ([0, 0, 0, 0, 1, 8], "sent a message that is no HealthCheckResponse"),
      // A string longer than the message, a group, and a number without end.
      ([0, 0, 0, 0, 2, 0x12, 9], "sent a message that is no HealthCheckResponse"),
      ([0, 0, 0, 0, 1, 0x13], "sent a message that is no HealthCheckResponse"),
      (
        [0, 0, 0, 0, 11, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        "sent a message that is no HealthCheckResponse"
      ),
    ] as [([UInt8], String)])
  func malformed(answer: [UInt8], words: String) {
    #expect(throws: HealthMessage.Malformation.self) { try HealthMessage.serving(in: answer) }
    do throws(HealthMessage.Malformation) {
      _ = try HealthMessage.serving(in: answer)
    } catch {
      #expect(error.words == words)
    }
  }
}
