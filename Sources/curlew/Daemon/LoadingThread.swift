import Synchronization
import Transport

/// A thread of its own that files are loaded on, away from those that runs are timed on.
///
/// What is in force no more was made here, and so its memory comes back here: to the next load, and most of it to the system.
final class LoadingThread: Sendable {
  /// By then everybody has let go of what was in force before.
  private static let settling = Duration.seconds(1)

  private let loops: EventLoops
  private let tidying = Mutex<Task<Void, Never>?>(nil)

  /// - Throws: `CommandFailure` when the thread cannot be started.
  init() throws {
    do {
      loops = try EventLoops(count: 1)
    } catch {
      throw CommandFailure("cannot start a thread: \(error)")
    }
  }

  /// Does work that takes a second for ten thousand checks. What it leaves behind is given back soon after; nobody waits for
  /// that.
  func run<Outcome: Sendable>(_ work: @concurrent () async -> Outcome) async -> Outcome {
    let outcome = await withTaskExecutorPreference(loops.next) { await work() }
    let task = Task { [loops] in
      guard (try? await Task.sleep(for: Self.settling)) != nil else { return }
      await withTaskExecutorPreference(loops.next) { await Self.giveBack() }
    }
    tidying.withLock { tidying in
      tidying?.cancel()
      tidying = task
    }
    return outcome
  }

  /// Ends the thread.
  func stop() {
    tidying.withLock { $0?.cancel() }
    loops.stop()
  }

  @concurrent
  private static func giveBack() async {
    SpareMemory.giveBackHeap()
    SpareMemory.giveBackCode()
  }
}
