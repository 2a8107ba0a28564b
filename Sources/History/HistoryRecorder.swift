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
  }

  private struct State {
    var queue: [HistoryRun] = []
    var status = Status()
  }

  private let store: any HistoryStore
  private let time: any TimeSource
  private let limits: Limits
  private let state = Mutex(State())

  /// A recorder that stores nothing until `run` is called.
  package init(store: any HistoryStore, time: any TimeSource, limits: Limits = Limits()) {
    self.store = store
    self.time = time
    self.limits = limits
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

  /// A missed slot needs no record: it is expected, and has no run.
  package func record(_ missed: MissedSlot) {}

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
        let isMoreDue = (try? await store.maintain(at: time.now)) ?? false
        nextUpkeep = time.uptime + (isMoreDue ? .zero : .seconds(1))
      }
    }
    // A cancelled task can write nothing any more, so the last runs are written by one that is not.
    await Task { _ = await self.flush() }.value
  }

  /// Stores everything that waits, within `Limits.farewell`.
  ///
  /// - Returns: whether nothing is left.
  @discardableResult
  package func flush() async -> Bool {
    let deadline = time.uptime + limits.farewell
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
    while true {
      let batch = state.withLock { Array($0.queue.prefix(limits.batchLength)) }
      guard !batch.isEmpty else { return true }
      let start = time.uptime
      do {
        let summary = try await store.write(batch, at: time.now)
        let duration = time.uptime - start
        state.withLock {
          $0.queue.removeFirst(batch.count)
          $0.status.written += summary.added
          $0.status.duplicates += summary.duplicates
          $0.status.lastWrite = duration
          $0.status.isWritable = true
          $0.status.lastError = nil
        }
      } catch {
        let duration = time.uptime - start
        state.withLock {
          $0.status.lastWrite = duration
          $0.status.isWritable = false
          $0.status.lastError = "\(error)"
        }
        return false
      }
    }
  }
}
