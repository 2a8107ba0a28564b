import Documents

/// The keys that say which addresses are taken, common to all probers but unix.
enum AddressKeys {
  static let preferred = Key("preferred_ip_protocol", .goText, "ip4 or ip6")
  static let fallback = Key(
    "ip_protocol_fallback", .goBool, "whether the other protocol is taken where a name has none")
  static let happyEyeballs = Key(
    "happy_eyeballs", .goBool, "tries all addresses, beside one another when the first is slow (RFC 8305)")

  static let all = [preferred.any, fallback.any, happyEyeballs.any]

  /// What a section says of addresses.
  static func choice(_ section: Section) -> AddressChoice {
    var choice = AddressChoice()
    if let preferred = section.given(preferred) { choice.preferredProtocol = preferred }
    if let fallback = section.given(fallback) { choice.fallsBack = fallback }
    if let happyEyeballs = section.given(happyEyeballs) { choice.happyEyeballs = happyEyeballs }
    if !["", "ip4", "ip6"].contains(choice.preferredProtocol) {
      section.warn(
        "'\(choice.preferredProtocol.escaped)' means ip4, as every text but 'ip6' does", at: preferred.name,
        allowed: ["ip4", "ip6"])
    }
    return choice
  }
}
