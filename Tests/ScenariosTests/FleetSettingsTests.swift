import Documents
import Model
import Scenarios
import Testing

@Suite("Nodes, agents and hubs in the service file")
struct FleetSettingsTests {
  private static let digest = String(repeating: "0f", count: 32)

  private func load(_ text: String) throws -> ServiceFile {
    let result = ServiceFileLoader(files: MemoryFiles(["etc/curlew.yaml": text])).load("etc/curlew.yaml")
    #expect(result.diagnostics.map { $0.rendered() } == [])
    return try #require(result.file)
  }

  @Test("what nodes prove themselves by is read")
  func passes() throws {
    let file = try load(
      """
      nodes:
        - {name: eu-1, sha256: \(Self.digest), region: eu-west, node: probe-1, expires: 2027-01-31}
        - {name: us, sha256: \(Self.digest.replacing("0", with: "1")), region: us, expires: '2027-01-31T12:00:00+01:00'}
        - {certificate: probe-2.example, region: eu-west}
        - {name: print, certificate: '\(String(repeating: "AB:", count: 31))AB', region: ap}
      """)
    #expect(
      file.nodes == [
        NodePass(
          name: "eu-1", proof: .token(digest: .init(repeating: 0x0f, count: 32)), region: "eu-west", node: "probe-1",
          expires: Timestamp(rfc3339: "2027-01-31T00:00:00Z")),
        NodePass(
          name: "us", proof: .token(digest: .init(repeating: 0x1f, count: 32)), region: "us",
          expires: Timestamp(rfc3339: "2027-01-31T11:00:00Z")),
        NodePass(name: "probe-2.example", proof: .commonName("probe-2.example"), region: "eu-west"),
        NodePass(name: "print", proof: .fingerprint(.init(repeating: 0xAB, count: 32)), region: "ap"),
      ])
  }

  @Test("what an agent and a hub are told is read, with paths from the folder of the file")
  func settings() throws {
    let file = try load(
      """
      region: eu-west
      agent:
        hub: https://hub.example:8443
        name: probe-1
        labels: {provider: hetzner, asn: 24940, continent: europe}
        token_file: node.token
        ca: /etc/ssl/hub.pem
        certificate: node.pem
        key: node.key
        spool: {path: spool, size: 64MiB, age: 12h}
        autonomy: 2d
        references: ['1.1.1.1:443', 'dns.example:53']
      hub: {name: hub-1, connections: 32}
      """)
    #expect(file.region == "eu-west")
    let agent = file.agent
    #expect(agent.hub == "https://hub.example:8443")
    #expect(agent.name == "probe-1")
    #expect(agent.labels == ["provider": "hetzner", "asn": "24940", "continent": "europe"])
    #expect(agent.tokenFile == "etc/node.token")
    #expect(agent.ca == "/etc/ssl/hub.pem")
    #expect(agent.certificate == "etc/node.pem" && agent.key == "etc/node.key")
    #expect(agent.spool == "etc/spool" && agent.spoolSize == 64 << 20 && agent.spoolAge == .hours(12))
    #expect(agent.autonomy == .days(2))
    #expect(agent.references == [Endpoint(host: "1.1.1.1", port: 443), Endpoint(host: "dns.example", port: 53)])
    #expect(file.hub.name == "hub-1" && file.hub.connections == 32)
  }
}
