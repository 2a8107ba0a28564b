import Model
import Probes
import TestSupport
import Testing
import Transport

@Suite("DNS probe over https")
struct DNSOverHTTPSTests {
  private func probe(
    _ script: @escaping @Sendable (HTTPTestServer.Request) -> [HTTPTestServer.Action]
  ) async throws -> (observation: Observation, requests: [HTTPTestServer.Request]) {
    let origin = try HTTPTestServer(script)
    defer { origin.stop() }
    let nginx = try HTTPNginx(locations: "location /dns-query { proxy_pass http://127.0.0.1:\(origin.port); }")
    defer { nginx.stop() }
    let spec = DNSSpec(
      name: "www.example.test", server: "https://localhost:\(nginx.https)/dns-query", transport: .https,
      tls: TLSOptions(caFile: nginx.certificate))
    let observation = try await DNSProber(.forTests()).probe(
      spec, in: ProbeContext(timeout: .seconds(60), folder: nginx.folder))
    return (observation, origin.requests)
  }

  private static func respond(_ bytes: [UInt8], status: String = "200 OK", type: String = "application/dns-message")
    -> [HTTPTestServer.Action]
  {
    [
      .text(
        "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(bytes.count)\r\nConnection: close\r\n\r\n"),
      .send(bytes),
    ]
  }

  private static func honest(_ query: [UInt8]) -> [UInt8] {
    var answer = DNSAnswer(to: query)
    answer.add(type: 1, data: [192, 0, 2, 1])
    return answer.bytes
  }

  @Test("the question goes by POST with id 0, and the answer is told with its certificate and phases")
  func answer() async throws {
    let (observation, requests) = try await probe { Self.respond(Self.honest($0.body)) }
    #expect(observation.failure == nil)
    guard case .dns(let facts) = observation.facts.detail else {
      throw TestProgram.Failure(description: "no facts of a name server")
    }
    #expect(facts.answers.map(\.data) == ["192.0.2.1"])
    #expect(facts.transport == .https)
    #expect(observation.facts.tls?.isVerified == true)
    #expect(observation.facts.phases.tls > .zero)
    let request = try #require(requests.first)
    #expect(request.line.hasPrefix("POST /dns-query"))
    #expect(request.value("content-type") == "application/dns-message")
    #expect(request.value("accept") == "application/dns-message")
    #expect(request.body.prefix(2) == [0, 0])
  }

  @Test(
    "an answer that is none is a protocol error",
    arguments: [
      ("503 Service Unavailable", "application/dns-message", true, "status 503"),
      ("200 OK", "text/html", true, "content type \"text/html\""),
      ("200 OK", "application/dns-message", false, "another question"),
    ])
  func noAnswer(_ status: String, _ type: String, _ isHonest: Bool, _ words: String) async throws {
    let (observation, _) = try await probe {
      Self.respond(
        isHonest ? Self.honest($0.body) : Array("nothing that is a message".utf8), status: status, type: type)
    }
    #expect(observation.failure?.code == .protocolError)
    #expect(observation.failure?.message.contains(words) == true, "\(observation.failure?.message ?? "")")
  }
}
