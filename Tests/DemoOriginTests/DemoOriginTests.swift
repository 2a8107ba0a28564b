import DemoOrigin
import Model
import Probes
import Testing
import Transport

@Suite("The demonstration's servers")
struct DemoOriginTests {
  @Test("answer the probes that the demonstration sends")
  func answersProbes() async throws {
    let loops = try EventLoops(count: 2)
    let origin = try DemoOrigin(loop: loops.all[0])
    let table = ProbeTable(ProbeEquipment(loops: loops, resolver: Resolver()))
    let context = ProbeContext(timeout: .seconds(60))
    try await withThrowingTaskGroup { group in
      group.addTask { await origin.run() }

      let tls = TLSSpec(
        target: Endpoint(host: "127.0.0.1", port: Int(origin.addresses.tls.port)), tls: TLSOptions(verify: false))
      let handshake = await table.probe(.tls(tls), in: context)
      #expect(handshake.failure == nil)
      let leaf = try #require(handshake.facts.tls?.chain.first)
      #expect(leaf.names == ["shop.example"])
      #expect(handshake.facts.tls?.isVerified == false)
      let left = leaf.notAfter - SystemTime().now
      #expect(left > .days(9) && left <= .days(10))

      let greeting = TCPSpec(
        target: Endpoint(host: "127.0.0.1", port: Int(origin.addresses.greeting.port)),
        exchange: .message(send: nil, receive: .pattern("^220 (?P<host>[^ ]+)")))
      let words = await table.probe(.tcp(greeting), in: context)
      #expect(words.failure == nil)
      guard case .socket(let socket) = words.facts.detail else {
        Testing.Issue.record("a tcp probe gives the facts of a socket")
        return
      }
      #expect(socket.matches == ["host": "mail.shop.example"])

      let server = origin.addresses.nameServer.description
      let known = await table.probe(.dns(DNSSpec(name: "shop.example", server: server)), in: context)
      #expect(Self.answer(known) == Answer(rcode: "NOERROR", data: ["192.0.2.10"]))
      let other = await table.probe(.dns(DNSSpec(name: "other.example", server: server)), in: context)
      #expect(Self.answer(other) == Answer(rcode: "NXDOMAIN", data: []))
      group.cancelAll()
    }
    loops.stop()
  }

  private struct Answer: Equatable {
    var rcode: String
    var data: [String]
  }

  private static func answer(_ observation: Observation) -> Answer? {
    guard case .dns(let dns) = observation.facts.detail else { return nil }
    return Answer(rcode: dns.rcode, data: dns.answers.map(\.data))
  }
}
