import Testing
import Transport

@Suite("Address order")
struct AddressOrderTests {
  private func addresses(_ texts: [String]) throws -> [IPAddress] {
    try texts.map { try #require(IPAddress($0)) }
  }

  @Test(
    "the precedence is that of RFC 6724",
    arguments: [
      ("::1", 50), ("2001:db8::1", 40), ("192.0.2.1", 35), ("::ffff:192.0.2.1", 35), ("2002:c000:201::1", 30),
      ("2001::1", 5), ("2001:1::1", 40), ("fc00::1", 3), ("fdff::1", 3), ("fe00::1", 40), ("::192.0.2.1", 1),
      ("fec0::1", 1), ("feff::1", 1), ("3ffe::1", 1), ("3fff::1", 40),
    ])
  func precedence(_ text: String, _ wanted: Int) throws {
    #expect(AddressOrder.precedence(of: try #require(IPAddress(text))) == wanted)
  }

  @Test(
    "the scope is link-local, site-local or global",
    arguments: [
      ("127.0.0.1", 2), ("169.254.3.4", 2), ("169.253.3.4", 14), ("10.0.0.1", 14), ("::1", 2), ("fe80::1", 2),
      ("febf::1", 2), ("fec0::1", 5), ("feff::1", 5), ("2001:db8::1", 14),
    ])
  func scope(_ text: String, _ wanted: Int) throws {
    #expect(AddressOrder.scope(of: try #require(IPAddress(text))) == wanted)
  }

  @Test("addresses of one family stay as the name server gave them")
  func oneFamily() throws {
    let given = try addresses(["192.0.2.9", "127.0.0.1", "192.0.2.1"])
    #expect(AddressOrder.sorted(given) == given)
  }

  @Test("an address without a road comes last, whatever its precedence")
  func routes() throws {
    // Nobody has a road to a multicast address of the interface-local scope without naming the interface, and everybody has
    // one to itself.
    let given = try addresses(["ff01::1", "127.0.0.1"])
    #expect(AddressOrder.sorted(given).last == given[0])
  }

  @Test("families take turns, the first one's first")
  func interleaved() throws {
    let given = try addresses(["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"])
    #expect(
      Connector.interleaved(given).map(\.description) == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "2001:db8::3"])
    let reversed = try addresses(["192.0.2.1", "2001:db8::1", "2001:db8::2"])
    #expect(Connector.interleaved(reversed).map(\.description) == ["192.0.2.1", "2001:db8::1", "2001:db8::2"])
    #expect(Connector.interleaved(Array(given.prefix(2))) == Array(given.prefix(2)))
  }
}
