import Testing
import Transport

@Suite("Domain names")
struct DNSNameTests {
  @Test(
    "text becomes labels, and comes back with its final dot",
    arguments: [
      ("shop.example", "shop.example."), ("shop.example.", "shop.example."), ("", "."), (".", "."),
      ("_dmarc.Shop.Example", "_dmarc.Shop.Example."), (#"a\.b.c"#, #"a\.b.c."#), (#"\065\000"#, #"A\000."#),
      (#"with\032blank"#, #"with\032blank."#), (#"\"quoted\""#, #"\"quoted\"."#), ("*.example", "*.example."),
      ("-5.1", "-5.1."),
    ])
  func text(_ written: String, _ shown: String) throws {
    #expect(try DNSName(written).description == shown)
  }

  @Test(
    "a text that is no name is refused with its reason",
    arguments: [
      ("a..b", "a label is empty"), (".a", "a label is empty"), ("..", "a label is empty"),
      (String(repeating: "x", count: 64), "longer than 63 bytes"),
      (Array(repeating: String(repeating: "x", count: 50), count: 6).joined(separator: "."), "longer than 255 bytes"),
      ("bücher.example", "xn--"), ("a b", #"\032"#), (#"a\"#, "ends in a backslash"), (#"a\12"#, #"\000 to \255"#),
      (#"a\256"#, #"\000 to \255"#),
    ])
  func refused(_ written: String, _ reason: String) {
    let problem = #expect(throws: DNSNameProblem.self) { try DNSName(written) }
    #expect(problem?.description.contains(reason) == true)
    #expect(problem?.description.hasPrefix("\"\(written)\" is no domain name: ") == true)
  }

  @Test("a name of 255 bytes is allowed, one of 256 is not")
  func longest() throws {
    let labels = Array(repeating: String(repeating: "x", count: 63), count: 3)
    #expect(try DNSName((labels + [String(repeating: "y", count: 61)]).joined(separator: ".")).wire.count == 255)
    #expect(throws: DNSNameProblem.self) {
      try DNSName((labels + [String(repeating: "y", count: 62)]).joined(separator: "."))
    }
  }

  @Test("letters of either case are the same, their bytes are kept")
  func caseless() throws {
    let (left, right) = (try DNSName("Shop.EXAMPLE"), try DNSName("shop.example"))
    #expect(left == right)
    #expect(left.hashValue == right.hashValue)
    #expect(left.description == "Shop.EXAMPLE.")
    #expect(try DNSName("a@b") != DNSName("a`b"))
  }

  @Test("a short name goes under a search domain unless that becomes too long")
  func under() throws {
    #expect(try DNSName("www").under(DNSName("example.test"))?.description == "www.example.test.")
    let long = try DNSName(Array(repeating: String(repeating: "x", count: 60), count: 4).joined(separator: "."))
    #expect(try long.under(DNSName("example.test")) == nil)
  }

  @Test(
    "mnemonics of types are read in any case and as numbers",
    arguments: [
      ("a", 1), ("AAAA", 28), ("Mx", 15), ("TYPE65", 65), ("HTTPS", 65), ("type65280", 65_280), ("ANY", 255),
      ("NSEC3PARAM", 51), ("NXT", 30),
    ] as [(String, UInt16)])
  func types(_ mnemonic: String, _ number: UInt16) {
    #expect(DNSType(mnemonic: mnemonic)?.rawValue == number)
  }

  @Test(
    "what is no type is refused",
    arguments: ["", "FOO", "A1", "TYPE", "TYPE70000", "TYPE12x", "TYPE-1", "A ", "A\u{0}", "MX,A"])
  func noTypes(_ text: String) {
    #expect(DNSType(mnemonic: text) == nil)
  }

  @Test("classes and codes have their names, and numbers where they have none")
  func names() {
    #expect(DNSClass(mnemonic: "ch")?.rawValue == 3)
    #expect(DNSClass(mnemonic: "CLASS42")?.mnemonic == "CLASS42")
    #expect(DNSClass(mnemonic: "XX") == nil)
    #expect(DNSType(rawValue: 65_280).mnemonic == "TYPE65280")
    #expect(DNSResponseCode(rawValue: 5).mnemonic == "REFUSED")
    #expect(DNSResponseCode(rawValue: 16).mnemonic == "BADVERS")
    #expect(DNSResponseCode(rawValue: 12).mnemonic == "RCODE12")
  }
}
