import CLinux
import Glibc
import Synchronization

/// The thread of one connection: libpq waits for its server, and may not do so on a thread that others need.
///
/// It is the executor of `PostgresConnection`, so that the compiler keeps the connection's code on it.
final class ConnectionThread: SerialExecutor, @unchecked Sendable {
  // Sound because the jobs are behind a mutex, and the semaphore is made for several threads.
  private struct Queue {
    var jobs: [UnownedJob] = []
    var isStopped = false
  }

  private let queue = Mutex(Queue())
  /// One post for each time that jobs came into an empty queue, and one for the end.
  private let arrivals: UnsafeMutablePointer<sem_t>
  private let identity = Atomic<UInt>(0)

  /// Starts the thread. It ends after `stop`.
  ///
  /// - Throws: `PostgresFault` when the system has no thread left.
  init() throws {
    arrivals = .allocate(capacity: 1)
    sem_init(arrivals, 0, 0)
    var thread = pthread_t()
    let start = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { start in
        curlew_name_thread("postgres")
        if let start { Unmanaged<ConnectionThread>.fromOpaque(start).takeRetainedValue().run() }
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw PostgresFault(
        .connection, "no thread could be started for a connection: \(String(cString: strerror(code)))")
    }
    pthread_detach(thread)
  }

  deinit {
    sem_destroy(arrivals)
    arrivals.deallocate()
  }

  private static var current: UInt { UInt(pthread_self()) }

  /// Whether the caller runs on this thread.
  var isCurrent: Bool { identity.load(ordering: .relaxed) == Self.current }

  /// Stops the program when the caller is on another thread: a connection of libpq knows no locks.
  func checkIsolated() {
    precondition(isCurrent, "A connection to PostgreSQL was used on a thread that is not its own.")
  }

  func isIsolatingCurrentContext() -> Bool? { isCurrent }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let mustWakeUp = queue.withLock { queue in
      queue.jobs.append(job)
      return queue.jobs.count == 1
    }
    if mustWakeUp { sem_post(arrivals) }
  }

  /// Ends the thread once the jobs that are queued have run.
  func stop() {
    queue.withLock { $0.isStopped = true }
    sem_post(arrivals)
  }

  private func run() {
    identity.store(Self.current, ordering: .relaxed)
    while true {
      sem_wait(arrivals)
      let jobs = queue.withLock { queue in
        let jobs = queue.jobs
        queue.jobs = []
        return jobs
      }
      for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
      if queue.withLock({ $0.isStopped && $0.jobs.isEmpty }) { return }
    }
  }
}
