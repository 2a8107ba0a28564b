import Agent
import Model
import Server
import ServiceLifecycle

/// Speaks with the hub; at shutdown, when the last run has ended, it pushes what the hub takes within a bound.
struct SessionService: Service {
  let session: AgentSession
  let place: NodePlace
  let bound: Duration

  func run() async throws {
    await withTaskGroup { group in
      group.addTask { await session.run() }
      group.addTask {
        // Thrown where the group is cancelled, and then nothing can be waited for.
        guard (try? await gracefulShutdown()) != nil else { return }
        // A successor sends what is in the spool.
        if !place.isHandedOver { await session.drain(within: bound) }
      }
      // The second to end is the session, which has no end of its own.
      await group.next()
      group.cancelAll()
    }
  }
}

/// At shutdown, says that the node leaves, and lets everything go on until others have taken over.
struct LeavingService: Service {
  let session: AgentSession
  let place: NodePlace
  let bound: Duration

  func run() async throws {
    guard (try? await gracefulShutdown()) != nil, !place.isHandedOver else { return }
    await session.leave(within: bound)
  }
}

/// How the parts of a node are that no other program has.
struct AgentHealth {
  let session: AgentSession
  let spool: SpoolKeeper
  let clock: HubClock

  /// The hub is no component: a node without it does its work.
  var components: [ComponentHealth] {
    let status = spool.status
    let offset = clock.offset.map { "\(Int($0.milliseconds)) ms ahead of the hub's" }
    return [
      ComponentHealth(
        name: "hub", isReady: true, message: session.isConnected ? "connected" : "away; runs are spooled"),
      ComponentHealth(
        name: "configuration", isReady: session.configuration > 0,
        message: session.configuration > 0 ? "version \(session.configuration)" : "none came from the hub yet"),
      ComponentHealth(name: "spool", isReady: status.diskError == nil, message: status.diskError),
      ComponentHealth(name: "clock", isReady: !clock.isRefused, message: offset),
    ]
  }
}
