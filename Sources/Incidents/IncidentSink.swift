package import Model
import Synchronization

/// Takes runs off the path of runs, and hands what they say of their slots to the keeper of incidents.
///
/// The queue is bounded; what does not fit is dropped and counted. The newest are dropped, because the beginning of trouble
/// is what one looks for afterwards.
package final class IncidentSink: RunSink {
  /// What the keeper is told, in order.
  enum Input: Sendable {
    case slot(SlotVerdict, at: Timestamp)
    /// These are the checks and services in force, whatever was before.
    case checks([Check], at: Timestamp)
  }

  private struct State {
    var queue: [Input] = []
    /// The first one that waits.
    var head = 0
    var dropped = 0
  }

  private let region: String?
  private let time: any TimeSource
  private let limit: Int
  private let state = Mutex(State())
  private let wake: AsyncStream<Void>.Continuation
  /// Says that something waits.
  let wakes: AsyncStream<Void>

  /// - Parameter region: whose runs are slot verdicts; nil when all that come are.
  init(region: String?, time: any TimeSource, limit: Int) {
    self.region = region
    self.time = time
    self.limit = limit
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  package func record(_ run: Run) {
    guard region == nil || run.region == region else { return }
    let slot = SlotVerdict(
      // As history keeps it, so that a slot that was read back is the same one when it is told again.
      check: run.check, slotStart: run.slot.start.wholeMillisecond, interval: run.slot.interval, verdict: run.verdict,
      cause: run.verdict == .down ? run.reason.map { IncidentCause($0) } : nil, isInMaintenance: run.isInMaintenance)
    put(.slot(slot, at: time.now.wholeMillisecond), isBounded: true)
  }

  /// Nothing: a missed slot neither opens nor closes.
  package func record(_ missed: MissedSlots, in region: String) {}

  /// The checks in force, in order with the runs before and after.
  func apply(_ checks: [Check]) {
    put(.checks(checks, at: time.now.wholeMillisecond), isBounded: false)
  }

  private func put(_ input: Input, isBounded: Bool) {
    state.withLock { state in
      if isBounded, state.queue.count - state.head >= limit {
        state.dropped += 1
      } else {
        state.queue.append(input)
      }
    }
    wake.yield()
  }

  /// The next input; nil when none waits.
  func next() -> Input? {
    state.withLock { state in
      guard state.head < state.queue.count else {
        state.queue.removeAll(keepingCapacity: state.queue.count < 4096)
        state.head = 0
        return nil
      }
      defer { state.head += 1 }
      if state.head >= 4096 {
        state.queue.removeFirst(state.head)
        state.head = 0
      }
      return state.queue[state.head]
    }
  }

  /// How many inputs wait, and how many runs were dropped since the start.
  var counts: (waiting: Int, dropped: Int) {
    state.withLock { ($0.queue.count - $0.head, $0.dropped) }
  }
}
