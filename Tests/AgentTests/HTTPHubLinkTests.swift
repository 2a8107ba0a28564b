import Agent
import Fleet
import Foundation
import Model
import Synchronization
import TestSupport
import Testing
import Transport

@Suite("HTTP link to a hub")
struct HTTPHubLinkTests {
  private static let node = NodeDescription(name: "n1", region: "eu", version: "test", spool: 42)

  private static func answer(_ status: String, _ type: String, _ body: String) -> [HTTPTestServer.Action] {
    [.text("HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")]
  }

  private static func json(_ message: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(message), as: UTF8.self)
  }

  /// A link to these ports, for as long as something is done with it.
  private static func withLink(
    to ports: [Int], token: @escaping @Sendable () -> Secret? = { Secret("top-secret") }, path: String = "",
    _ body: (HTTPHubLink) async throws -> Void
  ) async throws {
    let loops = try EventLoops(count: 1)
    defer { loops.stop() }
    let link = HTTPHubLink(
      HTTPHubLink.Settings(
        urls: try ports.map { try HTTPURL("http://127.0.0.1:\($0)\(path)") }, token: token, userAgent: "curlew/test"),
      loops: loops, resolver: Resolver())
    do {
      try await body(link)
    } catch {
      await link.close()
      throw error
    }
    await link.close()
  }

  @Test(
    "A registration goes as JSON to its path, with the token of this moment",
    arguments: ["", "/", "/behind/a/balancer/"])
  func registering(_ path: String) async throws {
    let body = try Self.json(Admission(SpoolProgress(acknowledged: 17), hubTime: 5))
    let server = try HTTPTestServer { _ in Self.answer("200 OK", "application/json", body) }
    defer { server.stop() }
    let tokens = Tokens(["first", "second"])
    try await Self.withLink(to: [server.port], token: { tokens.next() }, path: path) { link in
      let admission = try await link.register(Registration(Self.node))
      #expect(admission.acknowledged == 17)
      _ = try await link.register(Registration(Self.node))
    }
    let requests = server.requests
    let prefix = path == "/behind/a/balancer/" ? "/behind/a/balancer" : ""
    #expect(requests.map(\.line) == Array(repeating: "POST \(prefix)/fleet/v1/register HTTP/1.1", count: 2))
    #expect(requests.map { $0.value("authorization") } == ["Bearer first", "Bearer second"])
    #expect(requests.first?.value("content-type") == "application/json")
    let sent = try JSONDecoder().decode(Registration.self, from: Data(try #require(requests.first).body))
    #expect(sent.description == Self.node)
  }

  @Test("Runs travel in their own coding")
  func pushing() async throws {
    let body = try Self.json(BatchReply(IngestSummary(progress: SpoolProgress(acknowledged: 3), added: 3)))
    let server = try HTTPTestServer { _ in Self.answer("200 OK", "application/json", body) }
    defer { server.stop() }
    let run = HistoryRun(
      check: try #require(CheckID("shop")), region: "eu", slotStart: Timestamp(secondsSinceEpoch: 1_767_225_600),
      interval: .seconds(60), duration: .milliseconds(1), verdict: .up)
    let batch = SpoolBatch(
      node: "n1", region: "eu", spool: 42, first: 1, oldest: 1,
      runs: Array(repeating: FleetRun(run: run, configuration: 1, epoch: 1), count: 3))
    try await Self.withLink(to: [server.port]) { link in
      let reply = try await link.push(batch)
      #expect(reply.acknowledged == 3)
    }
    let request = try #require(server.requests.first)
    #expect(request.value("content-type") == FleetProtocol.runsType)
    #expect(try RunCoding.batch(request.body) == batch)
  }

  @Test("A refusal is told from an answer that no hub gives")
  func refusals() async throws {
    let refusal = try Self.json(
      RefusalMessage(
        type: "urn:curlew:fleet:gap", title: "Runs are missing", status: 409, detail: "go on with 8", acknowledged: 7))
    let answers = Answers([
      Self.answer("409 Conflict", "application/problem+json", refusal),
      Self.answer("502 Bad Gateway", "text/html", "<h1>Bad Gateway</h1>"),
      Self.answer("200 OK", "text/html", "<h1>It works!</h1>"),
    ])
    let server = try HTTPTestServer { _ in answers.next() }
    defer { server.stop() }
    try await Self.withLink(to: [server.port]) { link in
      let base = "http://127.0.0.1:\(server.port)/"
      for expected in [
        LinkFault.refused(.gap, "go on with 8", acknowledged: 7),
        .unreachable("\(base) answers status 502, and not as a hub does"),
        .unreachable("\(base) answers what no hub answers"),
      ] {
        do throws(LinkFault) {
          _ = try await link.beat(Beat(NodeBeat(node: "n1", region: "eu")))
          Issue.record("it was answered")
        } catch {
          #expect(error == expected)
        }
      }
    }
  }

  @Test("Of several replicas the next one is turned to when one does not answer, and stayed with")
  func replicas() async throws {
    let body = try Self.json(BeatReply(hubTime: 5))
    let gone = try HTTPTestServer { _ in [] }
    gone.stop()
    let server = try HTTPTestServer { _ in Self.answer("200 OK", "application/json", body) }
    defer { server.stop() }
    let beat = Beat(NodeBeat(node: "n1", region: "eu"))
    try await Self.withLink(to: [gone.port, server.port]) { link in
      let first = try? await link.beat(beat)
      #expect(first == nil)
      for _ in 0..<3 {
        let reply = try await link.beat(beat)
        #expect(reply.hubTime == 5)
      }
    }
    #expect(server.requests.count == 3)
  }
}

extension HTTPHubLinkTests {
  @Test(
    "A replica that lost its store, or has the tokens of yesterday, is turned away from",
    arguments: [FleetProtocol.Refusal.unavailable, .wrongToken, .expiredToken])
  func sickReplica(_ refusal: FleetProtocol.Refusal) async throws {
    let body = try Self.json(
      RefusalMessage(type: "urn:curlew:fleet:\(refusal.rawValue)", title: "No", status: 503, detail: "no store"))
    let sick = try HTTPTestServer { _ in
      Self.answer("503 Service Unavailable", "application/problem+json", body)
    }
    defer { sick.stop() }
    let reply = try Self.json(BeatReply(hubTime: 5))
    let server = try HTTPTestServer { _ in Self.answer("200 OK", "application/json", reply) }
    defer { server.stop() }
    let beat = Beat(NodeBeat(node: "n1", region: "eu"))
    try await Self.withLink(to: [sick.port, server.port]) { link in
      await #expect(throws: LinkFault.refused(refusal, "no store", acknowledged: nil)) { try await link.beat(beat) }
      for _ in 0..<3 {
        let reply = try await link.beat(beat)
        #expect(reply.hubTime == 5)
      }
    }
    #expect(sick.requests.count == 1)
  }

  @Test("A refusal that every replica would give moves nobody on", arguments: [FleetProtocol.Refusal.gap, .tooOften])
  func refusingReplica(_ refusal: FleetProtocol.Refusal) async throws {
    let body = try Self.json(
      RefusalMessage(type: "urn:curlew:fleet:\(refusal.rawValue)", title: "No", status: 409, detail: "no"))
    let first = try HTTPTestServer { _ in Self.answer("409 Conflict", "application/problem+json", body) }
    defer { first.stop() }
    let second = try HTTPTestServer { _ in [] }
    defer { second.stop() }
    try await Self.withLink(to: [first.port, second.port]) { link in
      for _ in 0..<2 { _ = try? await link.beat(Beat(NodeBeat(node: "n1", region: "eu"))) }
    }
    #expect(first.requests.count == 2 && second.requests.isEmpty)
  }

  @Test("A balancer that takes no body of that size is understood as a hub is")
  func tooLarge() async throws {
    let server = try HTTPTestServer { _ in
      Self.answer("413 Content Too Large", "text/html", "<h1>413 Request Entity Too Large</h1>")
    }
    defer { server.stop() }
    let batch = SpoolBatch(node: "n1", region: "eu", spool: 42, first: 1, oldest: 1, runs: [])
    let bytes = RunCoding.encode(batch).count
    try await Self.withLink(to: [server.port]) { link in
      await #expect(
        throws: LinkFault.refused(
          .tooLarge, "http://127.0.0.1:\(server.port)/ takes no body of \(bytes) bytes", acknowledged: nil)
      ) { try await link.push(batch) }
    }
  }

  @Test("Numbers that are no range are no answer", arguments: ["[9,2]", "[1]", "[1,99999999999999999999]"])
  func hostileRange(_ range: String) async throws {
    let body = #"{"acknowledged":1,"ahead":\#(range),"added":0,"duplicates":0,"replayed":0}"#
    let server = try HTTPTestServer { _ in Self.answer("200 OK", "application/json", body) }
    defer { server.stop() }
    let batch = SpoolBatch(node: "n1", region: "eu", spool: 42, first: 1, oldest: 1, runs: [])
    try await Self.withLink(to: [server.port]) { link in
      await #expect(
        throws: LinkFault.unreachable("http://127.0.0.1:\(server.port)/ answers what no hub answers")
      ) { try await link.push(batch) }
    }
  }
}

/// Tokens one after the other, as a file that is rotated gives them.
private final class Tokens: Sendable {
  private let left: Mutex<[String]>

  init(_ tokens: [String]) { left = Mutex(tokens) }

  func next() -> Secret? { left.withLock { $0.isEmpty ? nil : Secret($0.removeFirst()) } }
}

/// Answers one after the other.
private final class Answers: Sendable {
  private let left: Mutex<[[HTTPTestServer.Action]]>

  init(_ answers: [[HTTPTestServer.Action]]) { left = Mutex(answers) }

  func next() -> [HTTPTestServer.Action] { left.withLock { $0.isEmpty ? [] : $0.removeFirst() } }
}
