import Model
import Testing

@Suite("Passes of nodes")
struct NodePassTests {
  private static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
  private static func digest(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }
  private static let token = NodePass(name: "a", proof: .token(digest: digest(1)), region: "eu", node: "probe-1")
  private static let old = NodePass(name: "b", proof: .token(digest: digest(2)), region: "eu", expires: now)
  private static let fresh = NodePass(
    name: "c", proof: .token(digest: digest(3)), region: "us", expires: now + .milliseconds(1))
  private static let named = NodePass(name: "d", proof: .commonName("probe-2"), region: "ap")
  private static let printed = NodePass(name: "e", proof: .fingerprint(digest(5)), region: "sa")
  private static let passes = NodePasses([token, old, fresh, named, printed])

  @Test("a token is good by its digest, until its end")
  func tokens() {
    func admission(_ digest: [UInt8]) -> NodeAdmission { Self.passes.admission(tokenDigest: digest, at: Self.now) }
    #expect(admission(Self.digest(1)) == .granted(Self.token))
    #expect(admission(Self.digest(2)) == .expired(Self.old))
    #expect(admission(Self.digest(3)) == .granted(Self.fresh))
    // The fingerprint of a certificate is no token.
    #expect(admission(Self.digest(5)) == .unknown)
    #expect(admission([1]) == .unknown)
    #expect(admission([]) == .unknown)
  }

  @Test("a certificate is good by its fingerprint, else by its name")
  func certificates() {
    func admission(_ name: String?, _ print: [UInt8]) -> NodeAdmission {
      Self.passes.admission(commonName: name, fingerprint: print, at: Self.now)
    }
    #expect(admission("probe-2", Self.digest(9)) == .granted(Self.named))
    #expect(admission("probe-2", Self.digest(5)) == .granted(Self.printed))
    #expect(admission(nil, Self.digest(5)) == .granted(Self.printed))
    #expect(admission("probe-3", Self.digest(1)) == .unknown)
    #expect(admission(nil, []) == .unknown)
  }
}
