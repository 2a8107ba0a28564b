package import Model
package import Regions
import Synchronization

/// The time of the fleet: the hub's, as it was measured, and from there on by the uptime of the machine, whatever becomes of its
/// wall clock. Slots are numbered and runs are stamped by it, so that nodes whose clocks differ agree.
package final class HubClock: TimeSource {
  private let base: any TimeSource
  private let measured = Mutex(ClockOffset())

  /// A clock that nobody has measured yet, and that is the machine's until then.
  package init(_ base: any TimeSource) {
    self.base = base
  }

  package var now: Timestamp {
    let local = local
    return measured.withLock { $0.corrected(local) }
  }

  package var uptime: Duration { base.uptime }

  package func sleep(untilUptime deadline: Duration) async throws { try await base.sleep(untilUptime: deadline) }

  /// How far the machine's wall clock is ahead of the hub's; nil before it was measured.
  package var offset: Duration? { measured.withLock { $0.offset } }

  /// Whether the machine's clock is too wrong for anything to be run.
  package var isRefused: Bool {
    if case .refused = measured.withLock({ $0.ruling }) { true } else { false }
  }

  /// What the machine's own clocks show, to be taken before a request.
  package var local: ClockOffset.Reading { ClockOffset.Reading(wall: base.now, uptime: base.uptime) }

  /// Takes in an answer that told the hub's clock.
  ///
  /// - Parameters:
  ///   - sent: the machine's own clocks before the request.
  ///   - hubTime: milliseconds since the epoch.
  package func learn(sent: ClockOffset.Reading, hubTime: Int64) {
    let roundTrip = base.uptime - sent.uptime
    measured.withLock {
      $0.add(sent: sent, roundTrip: roundTrip, hubTime: Timestamp(millisecondsSinceEpoch: hubTime))
    }
  }
}
