import Model
package import Server
package import Transport

/// Whether the threads that schedule and probe still turn.
package enum LoopHealth {
  /// A thread that does not answer for that long is held up by something that must not be on it.
  package static let limit = Duration.seconds(1)

  /// One component for each loop, in their order; the schedule runs on the first one.
  package static func components(of loops: EventLoops, within limit: Duration = LoopHealth.limit) async
    -> [ComponentHealth]
  {
    await withTaskGroup(of: (Int, ComponentHealth).self) { group in
      for (index, loop) in loops.all.enumerated() {
        let name = index == 0 ? "scheduler" : "probing-\(index)"
        group.addTask { (index, await component(named: name, of: loop, within: limit)) }
      }
      var found: [(Int, ComponentHealth)] = []
      for await each in group { found.append(each) }
      return found.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private static func component(
    named name: String, of loop: EventLoop, within limit: Duration
  ) async -> ComponentHealth {
    let time = SystemTime()
    let begin = time.uptime
    let (answers, answer) = AsyncStream.makeStream(of: Bool.self)
    // Tasks of their own, because a group would wait for the loop that does not answer.
    Task {
      await loop.actor.perform(within: limit) { _, _ in }
      answer.yield(true)
    }
    let bound = Task {
      try await time.sleep(untilUptime: begin + limit)
      answer.yield(false)
    }
    defer { bound.cancel() }
    let isBack = await answers.first { _ in true } ?? false
    return ComponentHealth(
      name: name, isReady: isBack, latency: time.uptime - begin,
      message: isBack ? nil : "its thread has not answered within \(Units.text(of: limit))")
  }
}
