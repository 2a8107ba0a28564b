import Model
import Testing

@Suite("What a probe on demand may reach")
struct TargetPolicyTests {
  private func policy(_ rules: String...) throws -> TargetPolicy {
    TargetPolicy(allowed: try rules.map { try TargetPolicy.Rule($0) })
  }

  /// Whether a target whose host is an address, or led to one, is let through both doors.
  private func allows(_ policy: TargetPolicy, _ host: String, at address: String? = nil, port: Int? = 443) throws
    -> Bool
  {
    let bytes = try #require(AddressText.bytes(of: address ?? host))
    return policy.allows(host: host, port: port) && policy.allows(address: bytes, port: port, host: host)
  }

  // MARK: Rules

  @Test(
    "is written in rules",
    arguments: [
      ("10.0.0.0/8", "10.0.0.0/8"), ("192.0.2.1", "192.0.2.1/32"), ("192.0.2.1:443", "192.0.2.1/32:443"),
      ("10.0.0.0/8:8000-8999", "10.0.0.0/8:8000-8999"), ("2001:db8::/32", "2001:db8::/32"), ("::1", "::1/128"),
      ("[::1]:443", "[::1]/128:443"), ("[2001:db8::]/32:443", "[2001:db8::]/32:443"), ("[::1]", "::1/128"),
      ("::ffff:10.0.0.0/104", "10.0.0.0/8"), ("0.0.0.0/0", "0.0.0.0/0"), ("Shop.Example.", "shop.example"),
      ("shop.example:443", "shop.example:443"), ("*.shop.example:80-90", "*.shop.example:80-90"), ("*", "*"),
      ("*:443", "*:443"), ("unix:/run/x.sock", "unix:/run/x.sock"), ("unix:/run/shop/", "unix:/run/shop/"),
      ("my_host", "my_host"), ("10.0.0.0/13", "10.0.0.0/13"),
    ])
  func rules(_ text: String, canonical: String) throws {
    let rule = try TargetPolicy.Rule(text)
    #expect(rule.description == canonical)
    #expect(try TargetPolicy.Rule(canonical) == rule)
  }

  @Test(
    "says what is wrong with a rule",
    arguments: [
      ("", "a host is missing; * stands for all"),
      (":443", "a host is missing; * stands for all"),
      ("10.0.0.1/8", "the address has bits beyond the prefix; write 10.0.0.0/8"),
      ("10.0.0.0/33", "the length of a prefix is a number from 0 to 32 here, not \"33\""),
      ("10.0.0.0/", "the length of a prefix is a number from 0 to 32 here, not \"\""),
      ("2001:db8::/129", "the length of a prefix is a number from 0 to 128 here, not \"129\""),
      ("shop.example/24", "the length of a prefix stands behind an address, as in 10.0.0.0/8 or [2001:db8::]/32"),
      ("shop.example:0", "\"0\" is no port; write 443 or a range such as 8000-8999, up to 65535"),
      ("shop.example:http", "\"http\" is no port; write 443 or a range such as 8000-8999, up to 65535"),
      ("shop.example:", "\"\" is no port; write 443 or a range such as 8000-8999, up to 65535"),
      ("shop.example:1-70000", "\"1-70000\" is no port; write 443 or a range such as 8000-8999, up to 65535"),
      ("shop.example:90-80", "the range of ports ends before it begins; write 80-90"),
      ("a.*.example", "* stands at the beginning, for all names under another: *.shop.example"),
      ("*shop.example", "* stands at the beginning, for all names under another: *.shop.example"),
      ("bücher.example", "write the name in ASCII, as it is looked up: xn--…"),
      ("http://shop.example", "a rule names hosts and no URLs; write shop.example or shop.example:443"),
      ("10.0.0", "no name ends in a number, and an IPv4 address has four of them"),
      ("shop..example", "neither an address nor a name; write 10.0.0.0/8, shop.example, *.shop.example or unix:/path"),
      ("[::1", "the bracket is not closed"), ("[10.0.0.1]:80", "brackets are for IPv6 addresses"),
      ("[::1]x", "behind the host only /length and :port may stand, not \"x\""),
      (
        "unix:x.sock",
        "the path of a socket begins with /, as in unix:/run/shop.sock or unix:/run/shop/ for all below it"
      ),
      ("unix:/run/../etc/x", "write the path without .."),
    ])
  func problems(_ text: String, words: String) {
    #expect(throws: TargetPolicy.Rule.Problem.self) { try TargetPolicy.Rule(text) }
    do {
      _ = try TargetPolicy.Rule(text)
    } catch {
      #expect(error.description == "\"\(text)\" is no target rule: \(words)")
    }
  }

  // MARK: Decisions

  @Test(
    "is all but what is link-local or a cloud's metadata, when there is no rule",
    arguments: [
      ("127.0.0.1", true), ("10.0.0.1", true), ("192.0.2.1", true), ("::1", true), ("2001:db8::1", true),
      ("::ffff:192.0.2.1", true), ("169.253.255.255", true), ("169.255.0.0", true), ("fec0::1", true),
      ("100.100.100.201", true), ("169.254.169.254", false), ("169.254.0.0", false), ("169.254.255.255", false),
      ("fe80::1", false), ("fe80::1%lo", false), ("febf::1", false), ("fd00:ec2::254", false), ("fd20:ce::254", false),
      ("100.100.100.200", false), ("168.63.129.16", false), ("192.0.0.192", false), ("::ffff:169.254.169.254", false),
      ("::ffff:100.100.100.200", false), ("64:ff9b::a9fe:a9fe", false),
    ])
  func metadata(_ address: String, isAllowed: Bool) throws {
    #expect(try allows(TargetPolicy(), address) == isAllowed)
    #expect(try allows(TargetPolicy(), "shop.example", at: address) == isAllowed)
    #expect(try allows(TargetPolicy(), address, port: nil) == isAllowed)
    #expect(try allows(TargetPolicy(deniesMetadata: false), address))
  }

  @Test(
    "does not let short forms of an address pass for names", arguments: ["2852039166", "0xa9fea9fe", "169.254.43518"])
  func shortForms(_ host: String) {
    #expect(!TargetPolicy().allows(host: host, port: 80))
    #expect(TargetPolicy().refusal(ofHostBehindProxy: host, port: 80) != nil)
  }

  @Test("has a metadata service when a rule names it, and not when a rule for everything covers it")
  func namedMetadata() throws {
    #expect(try allows(policy("169.254.169.254/32"), "169.254.169.254"))
    #expect(try allows(policy("169.254.0.0/16:80"), "169.254.169.254", port: 80))
    #expect(try allows(policy("169.254.169.254"), "::ffff:169.254.169.254"))
    #expect(try allows(policy("fe80::/10"), "fe80::1%lo"))
    for rule in ["0.0.0.0/0", "*", "168.0.0.0/7", "169.254.0.0/16:81", "meta.example"] {
      #expect(try !allows(policy(rule), "169.254.169.254", port: 80), "\(rule)")
      #expect(try !allows(policy(rule), "meta.example", at: "169.254.169.254", port: 80), "\(rule)")
    }
  }

  @Test("is by address what lies in a network, by whatever name")
  func networks() throws {
    let policy = try policy("10.0.0.0/8:80-90", "2001:db8::/33")
    #expect(try allows(policy, "10.255.0.1", port: 80))
    #expect(try allows(policy, "intern.example", at: "10.0.0.1", port: 90))
    #expect(try allows(policy, "::ffff:10.0.0.1", port: 80))
    #expect(try allows(policy, "2001:db8:7fff::1", port: nil))
    #expect(try !allows(policy, "2001:db8:8000::1"))
    #expect(try !allows(policy, "11.0.0.1", port: 80))
    #expect(try !allows(policy, "10.0.0.1", port: 91))
    #expect(try !allows(policy, "10.0.0.1", port: nil))
    #expect(try !allows(policy, "intern.example", at: "192.0.2.1", port: 80))
  }

  @Test("is by name what a rule says, wherever it leads")
  func names() throws {
    let policy = try policy("shop.example:443", "*.shop.example")
    #expect(try allows(policy, "SHOP.example.", at: "192.0.2.1"))
    #expect(try allows(policy, "a.b.shop.example", at: "10.0.0.1", port: 80))
    #expect(try !allows(policy, "shop.example", at: "192.0.2.1", port: 80))
    #expect(try !allows(policy, "workshop.example", at: "192.0.2.1"))
    #expect(try !allows(policy, ".shop.example", at: "192.0.2.1"))
    #expect(try !allows(policy, "shop.example.evil.example", at: "192.0.2.1"))
    #expect(try !allows(policy, "192.0.2.1"))
    // No rule could ever allow it: it is not even looked up.
    #expect(!policy.allows(host: "evil.example", port: 443))
  }

  @Test("is behind a proxy what the rules say of its name, since its address is not known here")
  func proxies() throws {
    let policy = try policy("shop.example", "10.0.0.0/8")
    #expect(policy.refusal(ofHostBehindProxy: "shop.example", port: 80) == nil)
    #expect(policy.refusal(ofHostBehindProxy: "10.0.0.1", port: 80) == nil)
    #expect(policy.refusal(ofHostBehindProxy: "intern.example", port: 80) != nil)
    #expect(TargetPolicy().refusal(ofHostBehindProxy: "intern.example", port: 80) == nil)
    #expect(TargetPolicy().refusal(ofHostBehindProxy: "169.254.169.254.", port: 80) != nil)
  }

  @Test("is by path a socket or what lies below a folder")
  func paths() throws {
    #expect(TargetPolicy().allows(path: "/run/x.sock"))
    let policy = try policy("unix:/run/x.sock", "unix:/run/shop/", "*")
    #expect(policy.allows(path: "/run/x.sock"))
    #expect(policy.allows(path: "/run/shop/a/b.sock"))
    for path in ["/run/shop/../y.sock", "/run/shop/", "/run/shop", "/run/x.sock2", "x.sock", "/run/y.sock"] {
      #expect(!policy.allows(path: path), "\(path)")
    }
    #expect(!policy.allows(path: "shop/x.sock"))
  }

  // MARK: Words

  @Test("is refused in words that name the rule and the flag")
  func words() throws {
    #expect(
      TargetPolicy().refusal(ofHost: "169.254.169.254", port: 80)
        == "169.254.169.254:80 is link-local, where clouds keep metadata services; "
        + "--probe.allow-target=169.254.169.254/32 would allow it")
    #expect(
      TargetPolicy().refusal(ofAddress: [100, 100, 100, 200], port: 80, host: "a.example")
        == "100.100.100.200 (a.example:80) is a metadata service of a cloud; "
        + "--probe.allow-target=100.100.100.200/32 would allow it")
    #expect(
      try policy("10.0.0.0/8", "*.shop.example:443").refusal(ofHost: "192.0.2.1", port: nil)
        == "192.0.2.1 is not among the targets that --probe.allow-target allows (10.0.0.0/8, *.shop.example:443)")
    let many = TargetPolicy(allowed: try (0..<10).map { try TargetPolicy.Rule("a\($0)") })
    #expect(many.refusal(ofPath: "/x")?.hasSuffix("(a0, a1, a2, a3, a4, a5, a6, a7 and 2 more)") == true)
  }
}
