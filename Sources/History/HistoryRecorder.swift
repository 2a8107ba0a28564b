package import Model
import Synchronization

/// Takes runs off the path of runs and stores them in groups.
///
/// A run waits at most one pace (250 ms) and one commit, so that nothing older than a second is lost when the process is
/// killed. While the store cannot be written, probing goes on: runs queue up to a bound, writing is tried again with growing
/// pauses, and what does not fit is dropped and counted. The newest are dropped, because the beginning of trouble is what
/// one looks for afterwards; a dropped run shows as a missed slot.
package final class HistoryRecorder: RunSink {
  /// What bounds the recorder.
  package struct Limits: Hashable, Sendable {
    /// Runs that wait at most.
    package var queueLength: Int
    /// Runs that one transaction stores at most.
    package var batchLength: Int
    /// From one write to the next.
    package var pace: Duration
    /// The longest pause after a failed write.
    package var longestPause: Duration
    /// How long the last runs are tried when the recorder is stopped.
    package var farewell: Duration

    /// Limits with everything said.
    package init(
      queueLength: Int = 100_000, batchLength: Int = 10_000, pace: Duration = .milliseconds(250),
      longestPause: Duration = .seconds(10), farewell: Duration = .seconds(5)
    ) {
      self.queueLength = queueLength
      self.batchLength = batchLength
      self.pace = pace
      self.longestPause = longestPause
      self.farewell = farewell
    }
  }

  /// How the recorder does, for health and metrics.
  package struct Status: Hashable, Sendable {
    /// Runs that wait to be stored.
    package var queueLength = 0
    /// Runs that are stored, since the start.
    package var written = 0
    /// Runs whose slot had a run already, since the start.
    package var duplicates = 0
    /// Runs that did not fit into the queue, since the start.
    package var dropped = 0
    /// How long the last write took; nil before the first one.
    package var lastWrite: Duration?
    /// Whether the last write succeeded; true before the first one.
    package var isWritable = true
    /// What the last write failed with, in a sentence; nil when it succeeded.
    package var lastError: String?
    /// What the last rolling up and deleting failed with, in a sentence; nil when it succeeded.
    package var upkeepError: String?
  }

  /// What is told as it happens.
  package enum Event: Hashable, Sendable {
    /// A write, whether or not it succeeded, took so long.
    case wrote(Duration)
    /// Something fails from now on, or for another cause than before.
    case fails(Work, because: String)
    /// It succeeds again.
    case recovered(Work)
  }

  /// What can fail.
  package enum Work: Hashable, Sendable {
    /// Storing runs, and which checks are in force.
    case writing
    /// Rolling up and deleting.
    case upkeep
  }

  /// Which checks are in force since when, as long as the store has not heard of it.
  private struct Registration {
    var checks: [CheckRegistration]
    var region: String
    var moment: Timestamp
    var number: Int
  }

  private struct State {
    var queue: [HistoryRun] = []
    var status = Status()
    var registration: Registration?
    var registrations = 0
    var clock: SteadyClock
  }

  private let store: any HistoryStore
  private let time: any TimeSource
  private let limits: Limits
  private let observe: @Sendable (Event) -> Void
  private let state: Mutex<State>

  /// A recorder that stores nothing until `run` is called.
  ///
  /// - Parameter observe: told how writing goes, on the recorder's own task.
  package init(
    store: any HistoryStore, time: any TimeSource, limits: Limits = Limits(),
    observe: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.store = store
    self.time = time
    self.limits = limits
    self.observe = observe
    state = Mutex(State(clock: SteadyClock(wall: time.now, uptime: time.uptime)))
  }

  /// How the recorder does.
  package var status: Status {
    state.withLock {
      var status = $0.status
      status.queueLength = $0.queue.count
      return status
    }
  }

  package func record(_ run: Run) {
    let run = HistoryRun(run)
    state.withLock {
      if $0.queue.count < limits.queueLength {
        $0.queue.append(run)
      } else {
        $0.status.dropped += 1
      }
    }
  }

  /// Missed slots need no record: they are expected, and have no run. Those in planned maintenance are stored as such, the
  /// newest ones where they are more than can wait.
  package func record(_ missed: MissedSlots, in region: String) {
    guard missed.isInMaintenance else { return }
    state.withLock { state in
      let room = max(0, limits.queueLength - state.queue.count)
      let numbers = missed.numbers.suffix(room)
      state.status.dropped += missed.count - numbers.count
      state.queue += numbers.lazy.map { number in
        HistoryRun(missedInMaintenance: missed.grid.slot(number: number), of: missed.check, in: region)
      }
    }
  }

  /// Says which checks are in force in a region from `moment` on. The store hears of it before the next run, and as soon
  /// as it can be written.
  package func register(_ checks: [CheckRegistration], in region: String, at moment: Timestamp) {
    state.withLock {
      $0.registrations += 1
      $0.registration = Registration(checks: checks, region: region, moment: moment, number: $0.registrations)
    }
  }

  /// Stores what comes, and keeps the store in order, until its task is cancelled; then stores what is left within
  /// `Limits.farewell`.
  package func run() async {
    var pause = limits.pace
    var nextUpkeep = time.uptime
    while (try? await time.sleep(untilUptime: time.uptime + pause)) != nil {
      guard await writeQueue() else {
        pause = min(pause * 2, limits.longestPause)
        continue
      }
      pause = limits.pace
      if time.uptime >= nextUpkeep {
        let isMoreDue = await maintain()
        nextUpkeep = time.uptime + (isMoreDue ? .zero : .seconds(1))
      }
    }
    // A cancelled task cannot wait for a store that is busy, so the last runs are written by one that is not.
    await Task { _ = await self.flush() }.value
  }

  /// Does a portion of upkeep.
  ///
  /// - Returns: whether more is due.
  private func maintain() async -> Bool {
    let now = believedNow()
    // What is rolled up or deleted too early cannot be taken back; what is done later harms nobody.
    guard !state.withLock({ $0.clock.isInDoubt }) else { return false }
    do {
      let isMoreDue = try await store.maintain(at: now)
      settle(.upkeep, nil)
      return isMoreDue
    } catch {
      settle(.upkeep, "\(error)")
      return false
    }
  }

  private func believedNow() -> Timestamp {
    state.withLock { $0.clock.now(wall: time.now, uptime: time.uptime) }
  }

  /// Takes note of how some work went, and tells of it when that is new.
  private func settle(_ work: Work, _ error: String?) {
    let before = state.withLock { state in
      switch work {
      case .writing:
        defer { state.status.lastError = error }
        state.status.isWritable = error == nil
        return state.status.lastError
      case .upkeep:
        defer { state.status.upkeepError = error }
        return state.status.upkeepError
      }
    }
    guard before != error else { return }
    observe(error.map { .fails(work, because: $0) } ?? .recovered(work))
  }

  /// Stores everything that waits; tries again for so long when the store cannot be written.
  ///
  /// - Parameter bound: nil is `Limits.farewell`; with zero it is tried once.
  /// - Returns: whether nothing is left.
  @discardableResult
  package func flush(within bound: Duration? = nil) async -> Bool {
    let deadline = time.uptime + (bound ?? limits.farewell)
    while await !writeQueue() {
      guard time.uptime + limits.pace < deadline,
        (try? await time.sleep(untilUptime: time.uptime + limits.pace)) != nil
      else { return false }
    }
    return true
  }

  /// Stores everything that waits, group by group.
  ///
  /// - Returns: false when the store could not be written; the runs keep waiting.
  private func writeQueue() async -> Bool {
    do {
      // First, so that the runs of a renamed check find the history that they belong to.
      if let registration = state.withLock({ $0.registration }) {
        try await store.register(registration.checks, in: registration.region, at: registration.moment)
        state.withLock { if $0.registration?.number == registration.number { $0.registration = nil } }
        settle(.writing, nil)
      }
      while try await writeBatch() { settle(.writing, nil) }
      return true
    } catch {
      settle(.writing, "\(error)")
      return false
    }
  }

  /// Stores one group of runs.
  ///
  /// - Returns: false when nothing waits.
  private func writeBatch() async throws -> Bool {
    let batch = state.withLock { Array($0.queue.prefix(limits.batchLength)) }
    guard !batch.isEmpty else { return false }
    let start = time.uptime
    defer {
      let duration = time.uptime - start
      state.withLock { $0.status.lastWrite = duration }
      observe(.wrote(duration))
    }
    let summary = try await store.write(batch, at: believedNow())
    state.withLock {
      $0.queue.removeFirst(batch.count)
      $0.status.written += summary.added
      $0.status.duplicates += summary.duplicates
    }
    return true
  }
}
