import Testing
import Transport

@Suite("Addresses")
struct IPAddressTests {
  @Test(
    "text is read strictly and written in canonical form",
    arguments: [
      ("127.0.0.1", "127.0.0.1"), ("255.255.255.255", "255.255.255.255"), ("::1", "::1"),
      ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("fe80::1%lo", "fe80::1%lo"),
      ("fe80::1%1", "fe80::1%lo"),
    ])
  func text(_ written: String, _ shown: String) throws {
    #expect(try #require(IPAddress(written)).description == shown)
  }

  @Test(
    "what is no address is refused",
    arguments: [
      "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4.", "0x7f.1", "[::1]", "::1%", "::1%nosuchinterface0", ":::",
      "1.2.3.4\u{0}", "1.2.3.4 ", "2001:db8::1::", String(repeating: "1", count: 100),
    ])
  func refused(_ text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test("bytes and back", arguments: ["192.0.2.1", "2001:db8::ff00:42:8329"])
  func bytes(_ text: String) throws {
    let address = try #require(IPAddress(text))
    #expect(IPAddress(bytes: address.bytes) == address)
    #expect(address.bytes.count == (address.isV6 ? 16 : 4))
    #expect(IPAddress(bytes: [1, 2, 3]) == nil)
  }

  @Test("a socket address says its port, with brackets around version 6")
  func socketAddress() throws {
    #expect(SocketAddress(.loopbackV4, port: 53).description == "127.0.0.1:53")
    #expect(SocketAddress(.loopbackV6, port: 53).description == "[::1]:53")
  }
}
