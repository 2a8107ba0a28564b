import Agent
import Exposition
import Model

/// What a node tells of itself beside its runs.
enum AgentMetrics {
  /// Registers the metrics, which are asked for at each scrape.
  static func register(
    session: AgentSession, spool: SpoolKeeper, plan: WorkPlan, clock: HubClock, in registry: Registry
  ) throws {
    let connected = try registry.gauge("curlew_hub_connected", help: "Whether the hub answers this node.").child()
    let runs = try registry.gauge("curlew_spool_runs", help: "Runs that the hub does not have.").child()
    let bytes = try registry.gauge(
      "curlew_spool_bytes", help: "Bytes of the spool, on disk and in memory.", unit: "bytes"
    ).child()
    let oldest = try registry.gauge(
      "curlew_spool_oldest_seconds", help: "How long the oldest run of the spool has waited.", unit: "seconds"
    ).child()
    let dropped = try registry.counter(
      "curlew_spool_dropped_total", help: "Runs that the spool had to drop, since it was made."
    ).child()
    let pushed = try registry.counter(
      "curlew_spool_pushed_total", help: "Runs that the hub has taken from this process."
    ).child()
    let offset = try registry.gauge(
      "curlew_clock_offset_seconds", help: "How far the machine's clock is ahead of the hub's.", unit: "seconds",
      initially: nil
    ).child()
    let version = try registry.gauge(
      "curlew_configuration_version", help: "Version of the configuration in force."
    ).child()
    let checks = try registry.gauge("curlew_assigned_checks", help: "Checks that this node runs.").child()
    registry.onScrape {
      let status = spool.status
      let now = clock.now
      connected.set(session.isConnected ? 1 : 0)
      runs.set(Double(status.length))
      bytes.set(Double(status.bytes))
      oldest.set(status.oldest.map { max(0, (now - $0).seconds) } ?? 0)
      dropped.reflect(Double(status.dropped))
      pushed.reflect(Double(session.pushed))
      if let measured = clock.offset { offset.set(measured.seconds) }
      version.set(Double(session.configuration))
      checks.set(Double(plan.count(at: now)))
    }
  }
}
