import Foundation
import Glibc
import Model
import TestSupport
import Testing

@Suite("A fleet of processes", .timeLimit(.minutes(8)))
struct FleetTests {
  /// The shortest lease of a check, one interval of 1 s, and what a loaded machine takes to start a process.
  private static let takeOver = CheckLease.shortest + .seconds(1) + .seconds(8)
  private static let checks = 12

  @Test("finds every slot of its checks, whatever of it is taken away")
  func losesNothing() async throws {
    let target = try SocketServer { $0.waitForEnd() }
    let fleet = try await Fleet(scenario: Self.scenario(target: target.port))
    try await fleet.startHub()
    try await fleet.startHub()
    for (name, region) in [("eu-1", "eu"), ("eu-2", "eu"), ("us-1", "us")] {
      try await fleet.startAgent(name, in: region)
    }
    do {
      try await Self.settled(fleet)
      let start = SystemTime().now

      let killed = SystemTime().now
      try await fleet.kill(agent: "eu-1")
      try await Self.covered(fleet, until: SystemTime().now + Self.takeOver)
      try await fleet.startAgent("eu-1", in: "eu")

      let leader = try await fleet.leader()
      try await fleet.kill(hub: leader)
      try await Self.covered(fleet, until: SystemTime().now + .seconds(3), by: 1 - leader)
      try await fleet.startHub(inPlaceOf: leader)

      try await fleet.postgres.restart(SIGQUIT)
      try await Self.covered(fleet, until: SystemTime().now + .seconds(2))

      // Nodes are cut off: there is no hub to talk to, and they go on.
      try await fleet.kill(hub: 0)
      try await fleet.kill(hub: 1)
      let deaf = SystemTime().now
      _ = try await eventually("the nodes have probed for 5 s without a hub") {
        SystemTime().now - deaf >= .seconds(5) ? true : nil
      }
      try await fleet.startHub(inPlaceOf: 0)
      try await fleet.startHub(inPlaceOf: 1)
      try await Self.covered(fleet, until: SystemTime().now + .seconds(3))

      let end = SystemTime().now - .seconds(2)
      try await Self.covered(fleet, until: end + .seconds(2))
      for region in Fleet.regions {
        // What a killed node had in hand may be missing for as long as its lease lasts.
        let excused = region == "eu" ? (killed - .seconds(2))...(killed + Self.takeOver) : end...end
        for number in 0..<Self.checks {
          let missing = try await Self.missing(of: number, in: region, from: start, to: end, fleet)
            .filter { !excused.contains($0) }
          #expect(missing == [], "check-\(number) in \(region)")
        }
      }
      for number in 0..<Self.checks {
        let tally = try await Self.availability(of: number, fleet)
        #expect(tally["missed"] as? Int == 0 && tally["down"] as? Int == 0, "check-\(number): \(tally)")
      }
    } catch {
      Issue.record("\(error)\n\(await fleet.words)")
    }
  }

  @Test("opens one incident of an outage that all regions see, and none of one that a single region sees")
  func opensOneIncident() async throws {
    let target = try SocketServer { $0.waitForEnd() }
    let secure = try OpenSSLServer("good")
    // Only one region knows who vouches for it; the other one, the first by name, sees it down slot after slot.
    let partly = """
        - id: partly
          tls: {target: "127.0.0.1:\(secure.port)"}
          quorum: {consecutive: 1000}

      """
    let fleet = try await Fleet(scenario: Self.scenario(target: target.port, dead: 1) + partly)
    try await fleet.startHub()
    try await fleet.startHub()
    try await fleet.startAgent("eu-1", in: "eu")
    try await fleet.startAgent(
      "us-1", in: "us", environment: ["SSL_CERT_FILE": try Certificates.shared.get().path("root.pem")])
    do {
      let incidents = try await eventually("an incident is open") { () -> [[String: Any]]? in
        let found = try await Self.json("/api/v1/incidents?state=open", await fleet.hubs[0].port)["incidents"]
        let list = found as? [[String: Any]] ?? []
        return list.isEmpty ? nil : list
      }
      #expect(incidents.count == 1)
      for (region, verdict) in [("eu", "down"), ("us", "up")] {
        _ = try await eventually("partly is \(verdict) in \(region) for three slots") {
          let port = await fleet.hubs[0].port
          let runs = try? await Self.json("/api/v1/checks/partly/runs?region=\(region)&limit=3", port)["runs"]
          let verdicts = (runs as? [[String: Any]])?.compactMap { $0["verdict"] as? String }
          return verdicts == [verdict, verdict, verdict] ? true : nil
        }
      }
      let leader = try await fleet.leader()
      try await fleet.kill(hub: leader)
      try await Self.covered(fleet, until: SystemTime().now + .seconds(3), by: 1 - leader)
      let still = try await Self.json("/api/v1/incidents", await fleet.hubs[1 - leader].port)["incidents"]
      #expect((still as? [[String: Any]])?.compactMap { $0["check"] as? String } == ["check-0"])
    } catch {
      Issue.record("\(error)\n\(await fleet.words)")
    }
  }

  @Test("upgrades a node at its port and with its spool, again and again, and no slot is missing")
  func upgrades() async throws {
    let target = try SocketServer { $0.waitForEnd() }
    let fleet = try await Fleet(scenario: Self.scenario(target: target.port))
    try await fleet.startHub()
    try await fleet.startAgent("eu-1", in: "eu")
    try await fleet.startAgent("us-1", in: "us")
    do {
      try await Self.settled(fleet)
      let start = SystemTime().now
      for _ in 0..<10 {
        let old = try #require(try await fleet.replaceAgent("eu-1", in: "eu"))
        #expect(old.exitCode == 0, "\(old.stderr)")
        let health = try await PlainHTTP(port: try #require(await fleet.agents["eu-1"]).port).get("/health")
        #expect(health.status == 200)
      }
      let end = SystemTime().now
      try await Self.covered(fleet, until: end + .seconds(2))
      for number in 0..<Self.checks {
        #expect(try await Self.missing(of: number, in: "eu", from: start, to: end, fleet) == [], "check-\(number)")
      }
    } catch {
      Issue.record("\(error)\n\(await fleet.words)")
    }
  }

  // MARK: What is asked of hubs

  private static func scenario(target: Int, dead: Int = 0) -> String {
    let checks = (0..<Self.checks).map { number in
      // Nothing listens at port 1.
      "  - id: check-\(number)\n    tcp: {target: \"127.0.0.1:\(number < dead ? 1 : target)\"}\n"
    }
    return "version: 1\ndefaults: {every: 1s, timeout: 900ms}\nchecks:\n" + checks.joined()
  }

  private static func json(_ path: String, _ port: Int) async throws -> [String: Any] {
    let answer = try await PlainHTTP(port: port).get(path)
    let value = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
    return value as? [String: Any] ?? [:]
  }

  /// Waits until every check has runs of both regions.
  private static func settled(_ fleet: Fleet) async throws {
    try await covered(fleet, until: SystemTime().now)
  }

  /// Waits until every check has, in every region, a run of a slot that begins at `moment` or later.
  private static func covered(_ fleet: Fleet, until moment: Timestamp, by hub: Int = 0) async throws {
    for region in Fleet.regions {
      for number in 0..<checks {
        _ = try await eventually("check-\(number) is run in \(region) after \(moment)", within: .seconds(120)) {
          let port = await fleet.hubs[hub].port
          let path = "/api/v1/checks/check-\(number)/runs?region=\(region)&from=\(moment.rfc3339())&limit=1"
          let runs = (try? await json(path, port))?["runs"] as? [Any]
          return runs?.isEmpty == false ? true : nil
        }
      }
    }
  }

  /// The slots of a window that have no run.
  private static func missing(
    of number: Int, in region: String, from: Timestamp, to: Timestamp, _ fleet: Fleet
  ) async throws -> [Timestamp] {
    let check = try #require(CheckID("check-\(number)"))
    var found: Set<Int64> = []
    var cursor = ""
    repeat {
      let path =
        "/api/v1/checks/\(check)/runs?region=\(region)&from=\(from.rfc3339())&to=\(to.rfc3339())&limit=500\(cursor)"
      let page = try await json(path, await fleet.hubs[0].port)
      for run in page["runs"] as? [[String: Any]] ?? [] {
        let start = (run["slot_start"] as? String).flatMap { Timestamp(rfc3339: $0) }
        found.insert(try #require(start).millisecondsSinceEpoch)
      }
      cursor = (page["next"] as? String).map { "&cursor=\($0)" } ?? ""
    } while !cursor.isEmpty
    let grid = SlotGrid(check: check, interval: .seconds(1))
    let numbers = grid.firstSlot(startingFrom: from).number..<grid.firstSlot(startingFrom: to).number
    return numbers.map { grid.slot(number: $0).start }.filter { !found.contains($0.millisecondsSinceEpoch) }
  }

  private static func availability(of number: Int, _ fleet: Fleet) async throws -> [String: Any] {
    let path = "/api/v1/checks/check-\(number)/availability?window=1h"
    return try await json(path, await fleet.hubs[0].port)["slots"] as? [String: Any] ?? [:]
  }
}
