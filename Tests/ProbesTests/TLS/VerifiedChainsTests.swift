import Model
import Probes
import TestSupport
import Testing

/// All ways from a certificate to the authorities that are trusted, as Go finds them.
@Suite("Verified chains")
struct VerifiedChainsTests {
  private func facts(
    of certificate: String, trusting file: String, verify: Bool = true, name: String = "localhost"
  ) async throws -> TLSFacts {
    let server = try OpenSSLServer(certificate)
    let spec = TLSSpec(
      target: Endpoint(host: "127.0.0.1", port: server.port),
      tls: TLSOptions(verify: verify, caFile: file, serverName: name))
    let observation = try await TLSProber(.forTests()).probe(
      spec, in: ProbeContext(timeout: .seconds(60), folder: try Certificates.shared.get().folder))
    withExtendedLifetime(server) {}
    return try #require(observation.facts.tls)
  }

  @Test("an authority signed by two roots gives two chains, the cross-signed one with an end of its own")
  func crossed() async throws {
    // The second time from memory.
    for _ in 0..<2 {
      let facts = try await facts(of: "crossed", trusting: "both-roots.pem")
      #expect(facts.chain.count == 3)
      #expect(
        Set(facts.verifiedChains.map { $0.map(\.subject) }) == [
          [#"CN=good.example,O=Curlew\, Test"#, "CN=Intermediate,O=Curlew Test", "CN=Root,O=Curlew Test"],
          [#"CN=good.example,O=Curlew\, Test"#, "CN=Intermediate,O=Curlew Test", "CN=Other Root,O=Curlew Test"],
        ])
      // Until 2040: longer than the leaf, but its own.
      let cross = try #require(facts.verifiedChains.first { $0.last?.subject == "CN=Other Root,O=Curlew Test" })
      #expect(cross[1].lastSecond == 2_208_988_800)
      let own = try #require(facts.verifiedChains.first { $0.last?.subject == "CN=Root,O=Curlew Test" })
      #expect(own[1].lastSecond < cross[1].lastSecond)
    }
  }

  @Test("one root of the two gives one chain, and what was found for both is not taken for it")
  func oneRoot() async throws {
    _ = try await facts(of: "crossed", trusting: "both-roots.pem")
    let facts = try await facts(of: "crossed", trusting: "root.pem")
    #expect(facts.verifiedChains.map { $0.last?.subject } == ["CN=Root,O=Curlew Test"])
  }

  @Test("a chain by way of a certificate that has ended is none, although it was sent")
  func stale() async throws {
    let facts = try await facts(of: "stale", trusting: "both-roots.pem")
    #expect(facts.isVerified)
    #expect(facts.chain.contains { $0.lastSecond == 1_609_459_200 })
    #expect(facts.verifiedChains.map { $0.last?.subject } == ["CN=Root,O=Curlew Test"])
  }

  @Test("a certificate that is trusted itself is a chain alone")
  func pinned() async throws {
    let facts = try await facts(of: "good", trusting: "good.leaf.pem")
    #expect(facts.verifiedChains.map(\.count) == [1])
  }

  @Test("what is not good has no chain, and tells whether it had to be", arguments: [true, false])
  func refused(verify: Bool) async throws {
    let facts = try await facts(of: "expired", trusting: "root.pem", verify: verify)
    #expect(facts.verifiedChains.isEmpty)
    #expect(facts.mustVerify == verify)
    #expect(facts.isAborted == verify)
    #expect(facts.chain.count == 2)
  }

  @Test("the parts of names are told in the order of the certificate, whatever they are")
  func parts() async throws {
    let facts = try await facts(of: "odd", trusting: "root.pem", verify: false)
    let leaf = try #require(facts.chain.first)
    #expect(
      leaf.subjectParts == [
        NamePart(type: "1.2.840.113549.1.9.1", value: "ops@odd.example"),
        NamePart(type: "0.9.2342.19200300.100.1.25", value: "example"), NamePart(type: "2.5.4.6", value: "DE"),
        NamePart(type: "2.5.4.10", value: "Acme, Inc"), NamePart(type: "2.5.4.10", value: "#second"),
        NamePart(type: "2.5.4.11", value: "A;B+C"), NamePart(type: "2.5.4.3", value: "first"),
        NamePart(type: "2.5.4.3", value: " Grün <x> "), NamePart(type: "2.5.4.5", value: "7"),
      ])
    #expect(leaf.issuerParts == leaf.subjectParts)
    #expect(leaf.dnsNames == ["odd.example", "*.odd.example"])
    #expect(leaf.names == ["odd.example", "192.0.2.1", "*.odd.example"])
    #expect(leaf.serial == "0a1b")
  }
}
