import Exposition
import Model
import Recording
import Synchronization
import Testing

@Suite("The metrics of a fleet")
struct FleetMetricsTests {
  private let registry = Registry()
  private let metrics: FleetMetrics

  init() throws {
    metrics = try FleetMetrics(registry: registry)
  }

  /// The samples whose metric begins with one of the prefixes.
  private func samples(_ prefixes: String...) -> [String] {
    String(decoding: registry.render(.prometheus), as: UTF8.self).split(separator: "\n").map(String.init)
      .filter { line in prefixes.contains { line.hasPrefix($0) } }.sorted()
  }

  private func node(_ name: String, region: String, isUp: Bool = true) -> FleetMetrics.Node {
    FleetMetrics.Node(
      name: name, region: region, isUp: isUp, lastSeen: epoch, isQuarantined: !isUp, clockOffset: .milliseconds(250),
      spoolLength: 7)
  }

  private func decision(
    _ id: String, isBlind: Bool = false, isLate: Bool = false, delay: Duration = .milliseconds(300)
  ) throws -> SlotDecision {
    let id = try makeID(id)
    return SlotDecision(
      check: id, slot: SlotGrid(check: id, interval: .seconds(60)).slot(at: epoch), verdict: isBlind ? .unknown : .up,
      isBlind: isBlind, isLate: isLate, votes: [], lastVote: epoch, decided: epoch + delay)
  }

  @Test("show every node as it stands, and count those of a region that are heard of")
  func nodes() {
    metrics.watch(nodes: { [node("a", region: "eu"), node("b", region: "eu", isUp: false)] })
    #expect(
      samples("curlew_node_", "curlew_region_") == [
        #"curlew_node_clock_offset_seconds{node="a",region="eu"} 0.25"#,
        #"curlew_node_clock_offset_seconds{node="b",region="eu"} 0.25"#,
        #"curlew_node_last_seen_timestamp_seconds{node="a",region="eu"} 1.7672256e+09"#,
        #"curlew_node_last_seen_timestamp_seconds{node="b",region="eu"} 1.7672256e+09"#,
        #"curlew_node_quarantined{node="a",region="eu"} 0"#,
        #"curlew_node_quarantined{node="b",region="eu"} 1"#,
        #"curlew_node_spool_runs{node="a",region="eu"} 7"#,
        #"curlew_node_spool_runs{node="b",region="eu"} 7"#,
        #"curlew_node_up{node="a",region="eu"} 1"#,
        #"curlew_node_up{node="b",region="eu"} 0"#,
        #"curlew_region_nodes{region="eu"} 1"#,
      ])
  }

  @Test("forget nodes and regions that are no more, and a node that moved is one")
  func gone() {
    let nodes = Mutex([node("a", region: "eu"), node("b", region: "us")])
    metrics.watch(nodes: { nodes.withLock { $0 } })
    #expect(samples("curlew_region_nodes{").count == 2)
    nodes.withLock { $0 = [node("a", region: "ap")] }
    #expect(
      samples("curlew_node_up", "curlew_region_nodes{") == [
        #"curlew_node_up{node="a",region="ap"} 1"#, #"curlew_region_nodes{region="ap"} 1"#,
      ])
  }

  @Test("count runs and refusals on from what was counted, and never back")
  func totals() {
    let count = Mutex(3)
    metrics.watch(
      runs: { [("eu", "stored", count.withLock { $0 })] },
      refused: { ["wrong-token": count.withLock { $0 }, "gap": 0] })
    for (now, shown) in [(3, 3), (3, 3), (5, 5), (4, 5)] {
      count.withLock { $0 = now }
      #expect(
        samples("curlew_fleet_") == [
          #"curlew_fleet_refused_total{reason="gap"} 0"#,
          #"curlew_fleet_refused_total{reason="wrong-token"} \#(shown)"#,
          #"curlew_fleet_runs_total{outcome="stored",region="eu"} \#(shown)"#,
        ])
    }
  }

  @Test("tell blind slots and how long verdicts take; what is late or not in force counts for nothing")
  func decisions() throws {
    metrics.apply([try makeCheck("shop"), try makeCheck("off", isEnabled: false)])
    #expect(samples("curlew_slots_blind") == [#"curlew_slots_blind_total{check="shop"} 0"#])
    metrics.record(try decision("shop", isBlind: true))
    metrics.record(try decision("shop", isBlind: true, isLate: true))
    metrics.record(try decision("gone", isBlind: true))
    #expect(
      samples("curlew_slots_blind", "curlew_check_blind") == [
        #"curlew_check_blind{check="shop"} 1"#, #"curlew_slots_blind_total{check="shop"} 1"#,
      ])
    metrics.record(try decision("shop", delay: .seconds(2)))
    #expect(
      samples("curlew_check_blind", "curlew_verdict_delay_seconds_count", "curlew_verdict_delay_seconds_sum") == [
        #"curlew_check_blind{check="shop"} 0"#, "curlew_verdict_delay_seconds_count 2",
        "curlew_verdict_delay_seconds_sum 2.3",
      ])
  }

  @Test("forget a check that is no more")
  func checkGone() throws {
    metrics.apply([try makeCheck("shop"), try makeCheck("old")])
    for id in ["shop", "old"] { metrics.record(try decision(id)) }
    metrics.apply([try makeCheck("shop")])
    #expect(
      samples("curlew_slots_blind", "curlew_check_blind") == [
        #"curlew_check_blind{check="shop"} 0"#, #"curlew_slots_blind_total{check="shop"} 0"#,
      ])
  }

  @Test("say which singletons are held here, and which configuration is in force")
  func held() {
    metrics.set(.deciding, isHeld: true)
    metrics.setConfiguration(12)
    #expect(
      samples("curlew_singleton_held", "curlew_configuration_version") == [
        "curlew_configuration_version 12", #"curlew_singleton_held{singleton="assigning"} 0"#,
        #"curlew_singleton_held{singleton="deciding"} 1"#, #"curlew_singleton_held{singleton="keeping"} 0"#,
      ])
  }
}
