import Model
import Probes
import TestSupport
import Testing
import Transport

@Suite("TLS probe") struct TLSProberTests {
  private func probe(
    _ server: any LocalPort, host: String = "127.0.0.1", timeout: Duration = .seconds(60),
    _ change: (inout TLSOptions) -> Void = { _ in }
  ) async throws -> (observation: Observation, tls: TLSFacts?) {
    defer { withExtendedLifetime(server) {} }
    let certificates = try Certificates.shared.get()
    var options = TLSOptions(caFile: "root.pem", serverName: "localhost")
    change(&options)
    let spec = TLSSpec(target: Endpoint(host: host, port: server.port), tls: options)
    let observation = try await TLSProber(.forTests()).probe(
      spec, in: ProbeContext(timeout: timeout, folder: certificates.folder))
    return (observation, observation.facts.tls)
  }

  // MARK: What is told

  @Test("a good certificate is verified, and everything about it is told")
  func good() async throws {
    let server = try OpenSSLServer("good", ["-status_file", "good.ocsp"])
    let (observation, facts) = try await probe(server)
    #expect(observation.failure == nil)
    #expect(observation.facts.ip == "127.0.0.1")
    let tls = try #require(facts)
    #expect(tls.isVerified)
    #expect(tls.verifyError == "")
    #expect(tls.version == "TLSv1.3")
    #expect(tls.cipher == "TLS_AES_256_GCM_SHA384")
    #expect(tls.ocsp == "good")
    #expect(tls.chain.map(\.subject) == [#"CN=good.example,O=Curlew\, Test"#, "CN=Intermediate,O=Curlew Test"])
    #expect(tls.verifiedChains.first?.map(\.subject) == tls.chain.map(\.subject) + ["CN=Root,O=Curlew Test"])
    let leaf = try #require(tls.chain.first)
    #expect(leaf.issuer == "CN=Intermediate,O=Curlew Test")
    #expect(leaf.names == ["localhost", "good.example", "127.0.0.1", "::1"])
    #expect(leaf.key == "RSA 2048")
    #expect(leaf.signature == "ECDSA-SHA256")
    #expect(tls.chain[1].key == "EC P-256")
    #expect(observation.facts.phases.tls > .zero)
    #expect(observation.facts.phases.connect > .zero)
    #expect(observation.facts.phases.wait == .zero)
  }

  @Test("fingerprint, serial number and times are those that openssl prints")
  func agreesWithOpenSSL() async throws {
    let server = try OpenSSLServer("elliptic")
    let leaf = try #require(try await probe(server).tls?.chain.first)
    let certificates = try Certificates.shared.get()
    let output = certificates.path("printed-\(server.port)")
    try TestProgram.run(
      [
        "sh", "-c",
        "openssl x509 -in elliptic.leaf.pem -noout -fingerprint -sha256 -serial -dates -dateopt iso_8601 > \(output)",
      ], in: certificates.folder)
    let lines = try TestProgram.read(output).split(separator: "\n").map(String.init)
    let values = lines.compactMap { $0.split(separator: "=").last.map(String.init) }
    #expect(values[0].filter { $0 != ":" }.lowercased() == leaf.fingerprintSHA256)
    #expect(values[1].lowercased() == leaf.serial)
    #expect(values[2].replacing(" ", with: "T") == leaf.notBefore.rfc3339(fractionDigits: 0))
    #expect(values[3].replacing(" ", with: "T") == leaf.notAfter.rfc3339(fractionDigits: 0))
  }

  @Test("the same certificate seen twice is one object")
  func shared() async throws {
    let server = try OpenSSLServer("good")
    let first = try #require(try await probe(server).tls?.chain.first)
    let second = try #require(try await probe(server).tls?.chain.first)
    #expect(first === second)
  }

  @Test("a certificate without an end ends in the last year that can be told")
  func endless() async throws {
    let server = try OpenSSLServer("endless")
    let leaf = try #require(try await probe(server).tls?.chain.first)
    #expect(leaf.notAfter.rfc3339(fractionDigits: 0).hasPrefix("2262-"))
    #expect(leaf.lastSecond == 253_402_300_799)
  }

  // MARK: Verification

  struct Refusal: Sendable, CustomTestStringConvertible {
    var certificate: String
    var serverName: String?
    var message: String
    var testDescription: String { "\(certificate): \(message)" }
  }

  static let refusals = [
    Refusal(certificate: "expired", message: "certificate has expired (2021-01-01T00:00:00Z)"),
    Refusal(certificate: "future", message: "certificate is not yet valid (from 2048-01-01T00:00:00Z)"),
    Refusal(
      certificate: "other", message: "name mismatch: certificate is for a.example, *.b.example, not localhost"),
    Refusal(
      certificate: "other", serverName: "x.y.b.example",
      message: "name mismatch: certificate is for a.example, *.b.example, not x.y.b.example"),
    Refusal(
      certificate: "other", serverName: "192.0.2.7",
      message: "name mismatch: certificate is for a.example, *.b.example, not 192.0.2.7"),
    Refusal(
      certificate: "nameless",
      message: "name mismatch: certificate is for no name at all, not for localhost (subject CN=localhost)"),
    Refusal(certificate: "self-signed", message: "self-signed certificate"),
    Refusal(
      certificate: "untrusted",
      message: "self-signed certificate in certificate chain (CN=Other Root,O=Curlew Test)"),
    Refusal(
      certificate: "good.leaf",
      message:
        "the issuer \"CN=Intermediate,O=Curlew Test\" is not among the trusted authorities, and the server did not "
        + "send it"),
  ]

  @Test("a certificate that is not good ends the handshake with the exact reason, and is told", arguments: refusals)
  func refused(_ refusal: Refusal) async throws {
    let server = try OpenSSLServer(refusal.certificate)
    let (observation, facts) = try await probe(server) { $0.serverName = refusal.serverName ?? "localhost" }
    let name = refusal.serverName ?? "localhost"
    #expect(
      observation.failure
        == ProbeFailure(
          .certificateInvalid, during: .tls, "the certificate of \(name) is not valid: \(refusal.message)"))
    let tls = try #require(facts)
    #expect(!tls.isVerified)
    #expect(tls.verifyError == refusal.message)
    #expect(!tls.chain.isEmpty)
    #expect(tls.verifiedChains.isEmpty)
    #expect(tls.version == "TLSv1.3")
  }

  @Test("without verification the handshake goes on, and the facts still tell the truth", arguments: refusals)
  func unverified(_ refusal: Refusal) async throws {
    let server = try OpenSSLServer(refusal.certificate)
    let (observation, tls) = try await probe(server) {
      $0.serverName = refusal.serverName ?? "localhost"
      $0.verify = false
    }
    #expect(observation.failure == nil)
    #expect(tls?.isVerified == false)
    #expect(tls?.verifyError == refusal.message)
  }

  @Test("one label may stand for the asterisk of a certificate")
  func wildcard() async throws {
    let server = try OpenSSLServer("other")
    #expect(try await probe(server) { $0.serverName = "x.b.example" }.observation.failure == nil)
  }

  @Test("the system's authorities do not trust a test's root")
  func systemTrust() async throws {
    let server = try OpenSSLServer("good")
    let (observation, _) = try await probe(server) { $0.caFile = nil }
    #expect(observation.failure?.code == .certificateInvalid)
  }

  @Test("an authority that is no root is enough when the user trusts it")
  func partialChain() async throws {
    let server = try OpenSSLServer("good.leaf")
    let (observation, _) = try await probe(server) { $0.caFile = "intermediate.leaf.pem" }
    #expect(observation.failure == nil)
  }

  @Test("an address as host is verified as one")
  func address() async throws {
    let server = try OpenSSLServer("good")
    #expect(try await probe(server) { $0.serverName = nil }.observation.failure == nil)
  }

  @Test("a revoked certificate is told by the stapled answer")
  func revoked() async throws {
    let server = try OpenSSLServer("revoked", ["-status_file", "revoked.ocsp"])
    #expect(try await probe(server).tls?.ocsp == "revoked")
  }

  @Test("a stapled answer about another certificate is invalid, and so is one that is none")
  func foreignStaple() async throws {
    let server = try OpenSSLServer("elliptic", ["-status_file", "good.ocsp"])
    #expect(try await probe(server).tls?.ocsp == "invalid: it is about another certificate")
    let bare = try OpenSSLServer("good")
    #expect(try await probe(bare).tls?.ocsp == "none")
  }

  @Test("an old version of TLS is spoken when it is asked for", arguments: [TLSVersion.v1_0, .v1_1, .v1_2])
  func versions(_ version: TLSVersion) async throws {
    let server = try OpenSSLServer("good", ["-cipher", "DEFAULT@SECLEVEL=0", "-min_protocol", "TLSv1"])
    let (observation, tls) = try await probe(server) { $0.maxVersion = version }
    #expect(observation.failure == nil)
    #expect(tls?.version == (version == .v1_0 ? "TLSv1" : version.rawValue))
  }

  @Test("versions that both sides do not share fail, in words")
  func noSharedVersion() async throws {
    let server = try OpenSSLServer("good", ["-no_tls1_3"])
    let (observation, _) = try await probe(server) { $0.minVersion = .v1_3 }
    #expect(observation.failure?.code == .tlsFailed)
    #expect(
      observation.failure?.message
        == "TLS handshake with 127.0.0.1:\(server.port) failed: the peer sent the alert \"protocol version\" (70)")
  }

  // MARK: Client certificates

  @Test("a client certificate is shown to a server that asks for it", arguments: [true, false])
  func clientCertificate(asText: Bool) async throws {
    let certificates = try Certificates.shared.get()
    let server = try OpenSSLServer("good", ["-Verify", "2", "-verify_return_error", "-CAfile", "root.pem", "-tls1_2"])
    let (observation, _) = try await probe(server) {
      do {
        $0.certificate = asText ? .text(try TestProgram.read(certificates.path("client.pem"))) : .file("client.pem")
        $0.key = asText ? .text(try TestProgram.read(certificates.path("client.key"))) : .file("client.key")
      } catch {
        Issue.record(error)
      }
    }
    #expect(observation.failure == nil)
  }

  @Test(
    "a server that demands a client certificate and gets none fails the handshake", arguments: ["-tls1_2", "-tls1_3"])
  func noClientCertificate(version: String) async throws {
    let server = try OpenSSLServer("good", ["-Verify", "2", "-verify_return_error", "-CAfile", "root.pem", version])
    let (observation, tls) = try await probe(server)
    #expect(observation.failure?.code == .tlsFailed)
    #expect(observation.failure?.message.contains("the peer sent the alert") == true)
    #expect(tls?.isVerified == true)
  }

  // MARK: Faults of the configuration

  struct Fault: Sendable, CustomTestStringConvertible {
    var change: @Sendable (inout TLSOptions) -> Void
    var message: String
    var testDescription: String { message }
  }

  static let faults = [
    Fault(
      change: { $0.caFile = "nowhere.pem" }, message: "tls.ca \"nowhere.pem\" cannot be read: no such file or directory"
    ),
    Fault(
      change: { $0.caFile = "root.key" },
      message: "tls.ca \"root.key\" holds no certificate; a PEM file of trusted authorities is needed"),
    Fault(
      change: { $0.caFile = "../root.pem" },
      message: "tls.ca \"../root.pem\" leaves the folder of the file that names it; write a path below it"),
    Fault(
      change: {
        $0.certificate = .file("client.pem")
        $0.key = .file("good.key")
      },
      message: "tls.key \"good.key\" is not the private key of the first certificate of tls.cert \"client.pem\""),
    Fault(
      change: { $0.certificate = .file("client.pem") },
      message: "tls.cert \"client.pem\": there is no private key in it; set tls.key"),
    Fault(change: { $0.key = .file("client.key") }, message: "tls.key is set without tls.cert; a client needs both"),
    Fault(
      change: {
        $0.minVersion = .v1_3
        $0.maxVersion = .v1_2
      }, message: "tls.min_version \"TLSv1.3\" is newer than tls.max_version \"TLSv1.2\""),
  ]

  @Test("a fault of ours is told before anything is sent, and is not the target's", arguments: faults)
  func fault(_ fault: Fault) async throws {
    let (observation, _) = try await probe(try DeafPort(), fault.change)
    #expect(observation.failure == ProbeFailure(.templateFailed, during: .tls, fault.message))
  }

  @Test("a server name that is too long to be asked for is not the target's fault")
  func overlongServerName() async throws {
    let server = try SocketServer { $0.waitForEnd() }
    let name = String(repeating: "a", count: 300)
    let (observation, _) = try await probe(server) { $0.serverName = name }
    #expect(
      observation.failure
        == ProbeFailure(
          .templateFailed, during: .tls, "\"\(name)\" cannot be asked for as a server name: 1 to 255 bytes are allowed")
    )
  }

  @Test("an authority's file that has changed is read again")
  func changedFile() async throws {
    let certificates = try Certificates.shared.get()
    let file = "trusted-\(UInt64.random(in: 0 ... .max)).pem"
    try TestProgram.write(try TestProgram.read(certificates.path("other-root.pem")), to: certificates.path(file))
    let server = try OpenSSLServer("good")
    #expect(try await probe(server) { $0.caFile = file }.observation.failure?.code == .certificateInvalid)
    try TestProgram.write(
      try TestProgram.read(certificates.path("root.pem")) + "\n", to: certificates.path(file))
    #expect(try await probe(server) { $0.caFile = file }.observation.failure == nil)
  }
}
