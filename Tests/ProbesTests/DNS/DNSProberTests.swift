import Model
import Probes
import TestSupport
import Testing
import Transport

@Suite("DNS probe of a real name server")
struct DNSProberTests {
  private let server: DNSServer

  init() throws {
    server = try DNSServer.shared.get()
  }

  private func probe(
    _ name: String, _ type: String = "A", timeout: Duration = .seconds(60), _ change: (inout DNSSpec) -> Void = { _ in }
  ) async throws -> (observation: Observation, facts: DNSFacts) {
    var spec = DNSSpec(name: name, type: type, server: "127.0.0.1:\(server.port)")
    change(&spec)
    let context = ProbeContext(timeout: timeout, folder: try Certificates.shared.get().folder)
    let observation = try await DNSProber(.forTests()).probe(spec, in: context)
    guard case .dns(let facts) = observation.facts.detail else {
      throw TestProgram.Failure(description: "no facts of a name server")
    }
    return (observation, facts)
  }

  @Test("an answer is told with its records, flags and phases")
  func answer() async throws {
    let (observation, facts) = try await probe("www.example.test")
    #expect(observation.failure == nil)
    #expect(observation.facts.ip == "127.0.0.1")
    #expect(observation.facts.phases.wait > .zero)
    #expect(observation.facts.phases.tls == .zero)
    #expect(facts.rcode == "NOERROR")
    #expect(facts.transport == .udp)
    #expect(Set(facts.answers.map(\.data)) == ["192.0.2.1", "192.0.2.2"])
    #expect(facts.answers.allSatisfy { $0.name == "www.example.test." && $0.ttl == 300 && $0.recordClass == "IN" })
    #expect(facts.authority.map(\.type) == ["NS"])
    #expect(facts.additional.map(\.data) == ["127.0.0.1"])
    #expect(facts.flags == ["qr", "aa", "rd"])
    #expect(!facts.isSecure)
  }

  @Test("a name that does not exist is a fact and no failure")
  func nameError() async throws {
    let (observation, facts) = try await probe("nowhere.example.test")
    #expect(observation.failure == nil)
    #expect(facts.rcode == "NXDOMAIN")
    #expect(facts.answers.isEmpty)
    #expect(facts.authority.map(\.type) == ["SOA"])
  }

  @Test("a zone that the server does not have is refused, which is a fact too")
  func refused() async throws {
    let (observation, facts) = try await probe("example.invalid")
    #expect(observation.failure == nil)
    #expect(facts.rcode == "REFUSED")
  }

  @Test(
    "records of every kind are told as a zone file has them",
    arguments: [
      ("mail", "MX", ["10 mx1.example.test.", "20 mx2.example.test."]),
      ("text", "TXT", [#""plain" "with \"quotes\" and \\ backslash""#]),
      ("service", "SRV", ["1 2 443 www.example.test."]), ("alias2", "CNAME", ["www.example.test."]),
      ("caa", "CAA", [#"0 issue "ca.example""#]), ("ptr", "PTR", ["www.example.test."]),
      ("enum", "NAPTR", [#"100 10 "U" "E2U+sip" "!^.*$!sip:info@example.test!" ."#]),
      ("ssh", "SSHFP", ["1 1 dd465c09cfa51fb45020cc83316fff21b9ec74ac"]),
      ("web", "HTTPS", ["1 . alpn=h2,h3 ipv4hint=192.0.2.1"]), ("web", "TYPE65", ["1 . alpn=h2,h3 ipv4hint=192.0.2.1"]),
      ("tlsa", "TLSA", ["3 1 1 0b9fa5a59eed715c26c1020c711b4f6ec42d58b0015e14337a39dad301c5afc3"]),
      ("place", "LOC", ["52 22 23.000 N 04 53 32.000 E -2m 0.00m 10000m 10m"]),
      ("key", "DNSKEY", ["256 3 8 AwEAAbzNvzNvzNvzNvzNvzNvzNvzNvzNvw=="]),
      ("delegation", "DS", ["60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118"]),
      ("signature", "RRSIG", ["A 8 3 300 20301231000000 20260101000000 12345 example.test. AwEAAbzNvzNvzNvzNvzNvw=="]),
      ("hidden", "NSEC3PARAM", ["1 0 12 aabbccdd"]), ("person", "RP", ["admin.example.test. text.example.test."]),
      ("host", "HINFO", [#""PC" "Linux""#]), ("odd", "TYPE65280", ["\\# 4 0a000001"]),
      ("dname", "DNAME", ["example.org."]), ("six", "AAAA", ["2001:db8::6"]),
      ("@", "SOA", ["ns.example.test. admin.example.test. 2026010101 3600 600 86400 60"]),
    ])
  func presentation(_ name: String, _ type: String, _ data: [String]) async throws {
    let (observation, facts) = try await probe(name == "@" ? "example.test." : "\(name).example.test", type)
    #expect(observation.failure == nil)
    #expect(facts.answers.map(\.data).sorted() == data)
    #expect(facts.answers.allSatisfy { type.hasPrefix("TYPE65") || $0.type == type })
  }

  @Test("a cut answer is told as it is where it shall not be asked for again")
  func cut() async throws {
    let (observation, facts) = try await probe("large.example.test", "TXT") { $0.repeatsCutAnswers = false }
    #expect(observation.failure == nil)
    #expect(facts.transport == .udp)
    #expect(facts.flags.contains("tc"))
    #expect(facts.answers.isEmpty)
  }

  @Test("the question comes from the address that is asked for", arguments: [DNSTransport.udp, .tcp])
  func source(_ transport: DNSTransport) async throws {
    let (observation, facts) = try await probe("www.example.test") {
      $0.transport = transport
      $0.sourceIP = "127.0.0.9"
    }
    #expect(observation.failure == nil)
    #expect(facts.answers.count == 2)
    let (foreign, _) = try await probe("www.example.test") {
      $0.transport = transport
      $0.sourceIP = "192.0.2.1"
    }
    #expect(foreign.failure?.code == .internal)
    #expect(
      foreign.failure?.message
        == "source_ip \"192.0.2.1\" cannot be used to reach 127.0.0.1:\(server.port): cannot assign requested address")
    let (mixed, _) = try await probe("www.example.test") {
      $0.family = .v6
      $0.sourceIP = "127.0.0.1"
    }
    #expect(mixed.failure?.message == "source_ip \"127.0.0.1\" is no IPv6 address")
  }

  @Test("an answer that does not fit a datagram is asked for again over tcp")
  func truncated() async throws {
    let (observation, facts) = try await probe("large.example.test", "TXT")
    #expect(observation.failure == nil)
    #expect(facts.transport == .tcp)
    #expect(facts.answers.map { $0.data.utf8.count } == [758])
    #expect(!facts.flags.contains("tc"))
    #expect(observation.facts.phases.connect > .zero)
  }

  @Test("asking for DNSSEC lets a datagram be larger, and does not make an answer secure")
  func dnssec() async throws {
    let (observation, facts) = try await probe("large.example.test", "TXT") { $0.dnssec = true }
    #expect(observation.failure == nil)
    #expect(facts.transport == .udp)
    #expect(!facts.isSecure)
    #expect(facts.additional.allSatisfy { $0.type != "OPT" })
  }

  @Test("the question can go over tcp")
  func tcp() async throws {
    let (observation, facts) = try await probe("four.example.test") { $0.transport = .tcp }
    #expect(observation.failure == nil)
    #expect(facts.transport == .tcp)
    #expect(facts.answers.map(\.data) == ["192.0.2.4"])
    #expect(observation.facts.phases.connect > .zero)
  }

  @Test("the question can go over tls, whose certificate is told")
  func tls() async throws {
    let (observation, facts) = try await probe("four.example.test") {
      $0.transport = .tls
      $0.server = "localhost:\(server.tlsPort)"
      $0.tls.caFile = "root.pem"
    }
    #expect(observation.failure == nil)
    #expect(facts.answers.map(\.data) == ["192.0.2.4"])
    #expect(observation.facts.tls?.isVerified == true)
    #expect(observation.facts.phases.tls > .zero)
  }

  @Test("a certificate that cannot be verified ends the exchange before the question is sent")
  func untrusted() async throws {
    let (observation, facts) = try await probe("four.example.test") {
      $0.transport = .tls
      $0.server = "127.0.0.1:\(server.tlsPort)"
    }
    #expect(observation.failure?.code == .certificateInvalid)
    #expect(observation.failure?.phase == .tls)
    #expect(observation.facts.tls?.isVerified == false)
    #expect(facts.rcode.isEmpty)
  }

  @Test("recursion is asked for, unless it is not wanted")
  func recursion() async throws {
    let (_, facts) = try await probe("four.example.test") { $0.isRecursive = false }
    #expect(facts.flags == ["qr", "aa"])
  }

  @Test("other classes can be asked for")
  func chaos() async throws {
    let (observation, facts) = try await probe("version.server", "TXT") { $0.recordClass = "CH" }
    #expect(observation.failure == nil)
    #expect(facts.answers.map(\.recordClass) == ["CH"])
    #expect(facts.answers.allSatisfy { $0.data.hasPrefix("\"NSD ") && $0.data.hasSuffix("\"") })
  }

  @Test("a server's name is resolved, and the address that answers is told")
  func serverByName() async throws {
    let (observation, _) = try await probe("four.example.test") { $0.server = "localhost:\(server.port)" }
    #expect(observation.failure == nil)
    #expect(observation.facts.ip == "127.0.0.1")
  }

  @Test("without a server, those of the system are asked")
  func systemServers() async throws {
    let equipment = ProbeEquipment(
      loops: try EventLoops(count: 1), resolver: Resolver(servers: [SocketAddress(.loopbackV4, port: server.port)]))
    let observation = await DNSProber(equipment).probe(
      DNSSpec(name: "four.example.test"), in: ProbeContext(timeout: .seconds(60)))
    #expect(observation.failure == nil)
    equipment.loops.stop()
  }

  @Test(
    "what cannot be asked is refused before anything is sent",
    arguments: [
      (DNSSpec(name: "a..b"), "a label is empty"), (DNSSpec(name: "a", type: "FOO"), "\"FOO\" is no DNS record type"),
      (DNSSpec(name: "a", recordClass: "XX"), "\"XX\" is no DNS class"),
      (DNSSpec(name: "a", server: "host:99999"), "is no name server"),
      (DNSSpec(name: "a", transport: .https), "needs a server such as"),
      (DNSSpec(name: "a", server: "http://127.0.0.1/", transport: .https), "is no https URL"),
    ])
  func unaskable(_ spec: DNSSpec, _ words: String) async throws {
    let observation = try await DNSProber(.forTests()).probe(spec, in: ProbeContext(timeout: .seconds(60)))
    #expect(observation.failure?.code == .templateFailed)
    #expect(observation.failure?.message.contains(words) == true, "\(observation.failure?.message ?? "")")
  }
}
