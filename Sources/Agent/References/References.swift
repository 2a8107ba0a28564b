package import Model
import Synchronization
package import Transport

/// Whether a place can be reached: asked around failing runs.
package protocol ReachProbe: Sendable {
  /// Whether somebody is at the other end. Returns within the bound.
  func reaches(_ endpoint: Endpoint, within bound: Duration) async -> Bool
}

/// Tries to connect over TCP. A refusal is an answer: somebody sent it.
package struct ConnectionProbe: ReachProbe {
  private let loops: EventLoops
  private let resolver: any AddressResolver

  /// - Parameter loops: where connections are made.
  package init(loops: EventLoops, resolver: any AddressResolver) {
    self.loops = loops
    self.resolver = resolver
  }

  package func reaches(_ endpoint: Endpoint, within bound: Duration) async -> Bool {
    let resolver = resolver
    return await loops.currentOrNext.actor.perform(within: bound) { _, deadline in
      guard
        let addresses = try? await resolver.addresses(of: endpoint.host, family: .any, deadline: deadline)
      else { return false }
      do throws(StreamFailure) {
        try await Connector(deadline: deadline).connect(to: addresses, port: endpoint.port).close()
        return true
      } catch {
        if case .refused = error { return true }
        return false
      }
    }
  }
}

/// Somebody who should be there: reached when one of the places answers, as with the replicas of a hub, which say no more
/// together than one does.
package struct Reference: Hashable, Sendable {
  package var places: [Endpoint]

  /// A reference that has these places.
  package init(_ places: Endpoint...) { self.init(places) }

  /// A reference that has these places.
  package init(_ places: [Endpoint]) { self.places = places }
}

/// Stands between whoever runs checks and whoever records runs: a run that failed by the network is held until the
/// references of the node were tried, and becomes `unknown`, `node_sick`, where most of them fail too.
///
/// Runs that fail together share one round of tries; a round that is older than the bound says nothing of a run that failed
/// since.
package final class References: Sendable {
  /// For how long a reference is tried, and how old a round may be.
  package static let bound = Duration.seconds(2)

  private struct Round {
    var begun: Duration
    var answers: Task<[Bool], Never>
  }

  private let references: [Reference]
  private let probe: any ReachProbe
  private let time: any TimeSource
  private let last = Mutex<Round?>(nil)

  /// - Parameter references: who should be there; without any, every run is believed.
  package init(_ references: [Reference], probe: any ReachProbe, time: any TimeSource) {
    self.references = references
    self.probe = probe
    self.time = time
  }

  /// The run as it is to be recorded.
  package func reviewed(_ run: Run) async -> Run {
    guard !references.isEmpty, ReferenceJudge.isInDoubt(run) else { return run }
    return ReferenceJudge.judged(run, by: await answers())
  }

  private func answers() async -> [Bool] {
    let round = last.withLock { last in
      if let round = last, time.uptime - round.begun < Self.bound { return round }
      let round = Round(begun: time.uptime, answers: Task { await self.tryAll() })
      last = round
      return round
    }
    return await round.answers.value
  }

  private func tryAll() async -> [Bool] {
    await withTaskGroup(of: Bool.self) { group in
      for reference in references { group.addTask { await self.answers(reference) } }
      var answers: [Bool] = []
      for await answer in group { answers.append(answer) }
      return answers
    }
  }

  private func answers(_ reference: Reference) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
      for place in reference.places { group.addTask { await self.probe.reaches(place, within: Self.bound) } }
      for await isThere in group where isThere {
        group.cancelAll()
        return true
      }
      return false
    }
  }
}
