import HTTPTypes
import Model

/// `/health` and what stands below it.
struct HealthAPI: Sendable {
  var sources: ServerSources

  /// The process answers, and that is all it says.
  static func live() -> Reply {
    Reply.json { $0.member("status", "live") }
  }

  /// Whether the program can do its work; names what cannot.
  func ready() async -> Reply { Self.ready(await findings()) }

  /// Every component.
  func detailed() async -> Reply { Self.detailed(await findings()) }

  /// Whether all components are ready; names those that are not.
  static func ready(_ components: [ComponentHealth]) -> Reply {
    let failing = components.filter { !$0.isReady }
    return Reply.json(status: failing.isEmpty ? .ok : .serviceUnavailable) { json in
      json.member("status", failing.isEmpty ? "ready" : "not ready")
      if !failing.isEmpty {
        json.member("not_ready", array: { json in for component in failing { json.value(component.name) } })
      }
    }
  }

  /// These components.
  static func detailed(_ components: [ComponentHealth]) -> Reply {
    let isReady = components.allSatisfy(\.isReady)
    return Reply.json(status: isReady ? .ok : .serviceUnavailable) { json in
      json.member("status", isReady ? "ready" : "not ready")
      json.member(
        "components",
        array: { json in
          for component in components {
            json.object { json in
              json.member("name", component.name)
              json.member("ready", component.isReady)
              json.member("latency_ms", milliseconds: component.latency)
              json.member("message", component.message)
            }
          }
        })
    }
  }

  /// Scenarios and history first, then what the rest of the program says of itself.
  private func findings() async -> [ComponentHealth] {
    async let others = sources.components()
    let begin = sources.time.uptime
    let edition = sources.catalogue.edition
    let scenarios = ComponentHealth(
      name: "scenarios", isReady: edition.number > 0, latency: sources.time.uptime - begin,
      message: edition.number > 0 ? Words.count(edition.checks.count, "check") : "no scenario files are loaded yet")
    let store = await sources.store.health()
    let history = ComponentHealth(
      name: "history", isReady: store.isWritable, latency: store.latency, message: store.message)
    return await [scenarios, history] + others
  }
}
