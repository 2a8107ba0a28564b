import CLinux
import DequeModule
import Glibc
import HeapModule
import Synchronization

/// One thread that waits on sockets and timers with epoll(7) and runs the code that uses them.
///
/// It is an executor: the actor `LoopActor` runs on it, so everything that touches a socket, a libcurl handle or an
/// OpenSSL object of this loop is written as plain sequential code and still stays on one thread. Methods other than
/// `enqueue`, `execute` and `stop` may be called on that thread alone, and check it.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  // Sound because `shared` is behind a mutex, and everything else below it is touched by the loop's thread alone, which
  // `preconditionOnLoop` checks.
  private let shared = Mutex(Shared())
  private let epoll: CInt
  private let wakeUp: CInt
  private let threadID = Atomic<Int>(0)

  private var localJobs: Deque<UnownedJob> = []
  private var arrivedJobs: [UnownedJob] = []
  private var watches: [Watch?] = []
  private var timers: Heap<TimerEntry> = []
  private var timerSequence: UInt64 = 0
  /// With how many timers those that were cancelled are thrown out; twice as many as were left the last time.
  private var timerBound = EventLoop.leastTimerBound
  private static let leastTimerBound = 1024
  private var isStopping = false
  /// When the loop last looked at its sockets, in nanoseconds of `now`.
  private var turnStart: Int64 = 0
  /// How long jobs may keep a turn from its end, in nanoseconds.
  private static let longTurn: Int64 = 100_000
  /// With more jobs than this before it, a run would better begin elsewhere. Fewer would be done before another thread has woken
  /// up, which takes the processor from those that answer.
  private static let manyJobs = 8

  private struct Shared {
    var jobs: [UnownedJob] = []
    var isWakingUp = false
    var isStopped = false
  }

  private struct Watch {
    var generation: UInt32
    var interest: Readiness
    var handler: any ReadinessHandler
  }

  private struct TimerEntry: Comparable {
    var deadline: Int64
    var sequence: UInt64
    var timer: LoopTimer

    static func < (left: TimerEntry, right: TimerEntry) -> Bool {
      (left.deadline, left.sequence) < (right.deadline, right.sequence)
    }

    static func == (left: TimerEntry, right: TimerEntry) -> Bool {
      left.sequence == right.sequence
    }
  }

  /// The actor whose code runs on this loop.
  package private(set) lazy var actor = LoopActor(loop: self)

  /// Starts a loop on a thread of its own.
  ///
  /// - Parameter name: the thread's name, at most 15 bytes (PR_SET_NAME, prctl(2)).
  package init(name: String) throws(TransportFault) {
    epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw TransportFault(call: "epoll_create1", errno: errno) }
    wakeUp = eventfd(0, CInt(EFD_NONBLOCK) | CInt(EFD_CLOEXEC))
    guard wakeUp >= 0 else { throw TransportFault(call: "eventfd", errno: errno) }
    var event = curlew_epoll_event(UInt32(EPOLLIN.rawValue), .max)
    guard epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event) == 0 else {
      throw TransportFault(call: "epoll_ctl", errno: errno)
    }
    _ = actor
    var thread = pthread_t()
    let start = Unmanaged.passRetained(ThreadStart(loop: self, name: name))
    let code = pthread_create(&thread, nil, { ThreadStart.run($0) }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw TransportFault(call: "pthread_create", errno: code)
    }
    pthread_detach(thread)
  }

  deinit {
    close(epoll)
    close(wakeUp)
  }

  /// Whether the caller runs on this loop's thread.
  package var isCurrent: Bool { threadID.load(ordering: .relaxed) == Self.currentThreadID }

  /// Whether there is so much to do here already that something more would have to wait.
  var isBusy: Bool {
    preconditionOnLoop()
    return localJobs.count > Self.manyJobs
  }

  /// Stops the program when the caller is on another thread: the objects of a loop know no locks.
  package func preconditionOnLoop(_ what: @autoclosure () -> String = "An event loop's object") {
    precondition(isCurrent, "\(what()) was used on a thread that is not its loop's.")
  }

  private static var currentThreadID: Int { Int(bitPattern: UInt(pthread_self())) }

  // MARK: Jobs

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isCurrent {
      localJobs.append(job)
      return
    }
    let mustWakeUp = shared.withLock { shared in
      shared.jobs.append(job)
      defer { shared.isWakingUp = true }
      return !shared.isWakingUp
    }
    if mustWakeUp { signal() }
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  package func checkIsolated() { preconditionOnLoop() }

  package func isIsolatingCurrentContext() -> Bool? { isCurrent }

  /// Ends the loop's thread once the jobs that are queued have run. What still waits on a socket is never woken, so
  /// callers stop their work first.
  package func stop() {
    shared.withLock { $0.isStopped = true }
    signal()
  }

  private func signal() {
    var one: UInt64 = 1
    // eventfd(2): the write can only fail when the counter is full, and then the loop is awake anyway.
    _ = write(wakeUp, &one, 8)
  }

  // MARK: Time

  /// Nanoseconds of `CLOCK_MONOTONIC`, the time base of every deadline on the loop.
  package static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Runs `timer` when the clock reaches `deadline`, unless it is cancelled before.
  ///
  /// - Parameter deadline: nanoseconds of `now`.
  package func schedule(_ timer: LoopTimer, at deadline: Int64) {
    preconditionOnLoop()
    timerSequence += 1
    if timers.count >= timerBound { dropCancelledTimers() }
    timers.insert(TimerEntry(deadline: deadline, sequence: timerSequence, timer: timer))
  }

  /// A cancelled timer would else stay until its time comes, which is the whole timeout of an exchange, or a year.
  private func dropCancelledTimers() {
    timers = Heap(timers.unordered.lazy.filter { !$0.timer.isCancelled })
    timerBound = max(Self.leastTimerBound, 2 * timers.count)
  }

  // MARK: Readiness

  /// Calls `handler` on this thread whenever the descriptor is ready for what it is interested in, until `unwatch`.
  ///
  /// Called again for a descriptor that is watched already, it changes the interest and the handler.
  package func watch(_ descriptor: CInt, for interest: Readiness, handler: any ReadinessHandler) throws(TransportFault)
  {
    preconditionOnLoop()
    let index = Int(descriptor)
    if index >= watches.count {
      watches += Array(repeating: nil, count: index + 1 - watches.count)
    }
    let old = watches[index]
    let generation = old.map(\.generation) ?? UInt32(truncatingIfNeeded: timerSequence &+ 1)
    timerSequence &+= 1
    watches[index] = Watch(generation: generation, interest: interest, handler: handler)
    if let old, old.interest == interest { return }
    var event = curlew_epoll_event(interest.rawValue, UInt64(generation) << 32 | UInt64(UInt32(descriptor)))
    let operation = old == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
    guard
      epoll_ctl(epoll, operation, descriptor, &event) == 0
        // Forgotten because it was to be closed, and watched again because it was not.
        || (errno == EEXIST && epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0)
    else {
      let code = errno
      watches[index] = nil
      throw TransportFault(call: "epoll_ctl", errno: code)
    }
  }

  /// Forgets a descriptor. To be called before it is closed; a close alone would leave the handler behind.
  ///
  /// - Parameter isClosing: the caller closes the descriptor next, which takes it out of the kernel's set by itself
  ///   (epoll(7), question 6), provided that it was not duplicated.
  package func unwatch(_ descriptor: CInt, isClosing: Bool = false) {
    preconditionOnLoop()
    let index = Int(descriptor)
    guard index < watches.count, watches[index] != nil else { return }
    watches[index] = nil
    if !isClosing { epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil) }
  }

  // MARK: The loop

  fileprivate func run() {
    threadID.store(Self.currentThreadID, ordering: .relaxed)
    var events = [epoll_event](repeating: epoll_event(), count: 256)
    while !isStopping || !localJobs.isEmpty {
      runJobs()
      let count = epoll_wait(epoll, &events, CInt(events.count), waitMilliseconds())
      turnStart = Self.now
      var isSignalled = false
      for index in 0..<max(0, Int(count)) {
        let token = curlew_epoll_token(&events[index])
        if token == .max { isSignalled = true } else { deliver(events[index].events, to: token) }
      }
      if isSignalled { takeSharedJobs() }
      fireTimers(until: turnStart)
    }
  }

  private func runJobs() {
    while let job = localJobs.popFirst() {
      // As a job of the serial executor, whichever way it came: with Swift 6.3, `runSynchronously(isolatedTo:taskExecutor:)`
      // loses cancellations that arrive close to a resumption.
      job.runSynchronously(on: asUnownedSerialExecutor())
      // Sockets are looked at in between: an answer that waits for the start of another run would seem to be late.
      if Self.now - turnStart > Self.longTurn { return }
    }
  }

  private func takeSharedJobs() {
    var count: UInt64 = 0
    _ = read(wakeUp, &count, 8)
    // The two arrays change places, so that neither is ever allocated anew.
    shared.withLock { shared in
      shared.isWakingUp = false
      isStopping = shared.isStopped
      swap(&shared.jobs, &arrivedJobs)
    }
    localJobs.append(contentsOf: arrivedJobs)
    arrivedJobs.removeAll(keepingCapacity: true)
  }

  private func waitMilliseconds() -> CInt {
    if !localJobs.isEmpty || isStopping { return 0 }
    while let first = timers.min, first.timer.isCancelled { timers.removeMin() }
    guard let first = timers.min else { return -1 }
    let left = first.deadline - Self.now
    // Rounded up, since waking before the deadline would only spin.
    return left <= 0 ? 0 : CInt(clamping: (left + 999_999) / 1_000_000)
  }

  private func fireTimers(until now: Int64) {
    while let first = timers.min, first.deadline <= now || first.timer.isCancelled {
      timers.removeMin()
      first.timer.fire()
    }
  }

  private func deliver(_ events: UInt32, to token: UInt64) {
    let descriptor = CInt(truncatingIfNeeded: token & 0xffff_ffff)
    // The generation tells a descriptor from an older one of the same number, closed earlier in this round.
    guard let watch = watches[Int(descriptor)], watch.generation == UInt32(token >> 32) else { return }
    watch.handler.descriptor(descriptor, isReadyFor: Readiness(rawValue: events))
  }
}

/// What a descriptor is ready for, or should be watched for: the bits of epoll_ctl(2).
package struct Readiness: OptionSet, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Bytes can be read, or the peer has closed.
  package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
  /// Bytes can be written, or a connection attempt has ended.
  package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
  /// An error or a hang-up; always reported.
  package static let failed = Readiness(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
  /// Told once for each change, not as long as it lasts.
  package static let edgeTriggered = Readiness(rawValue: EPOLLET.rawValue)
}

/// Whoever is told that a descriptor is ready, on the loop's thread.
package protocol ReadinessHandler: AnyObject {
  func descriptor(_ descriptor: CInt, isReadyFor readiness: Readiness)
}

/// Something to be done at a time; used on its loop's thread alone.
package final class LoopTimer {
  private var action: (() -> Void)?

  /// A timer that does `action` once.
  package init(_ action: @escaping () -> Void) {
    self.action = action
  }

  /// Whether it has fired or been cancelled.
  package var isCancelled: Bool { action == nil }

  /// Forgets the action.
  package func cancel() {
    action = nil
  }

  fileprivate func fire() {
    let action = action
    self.action = nil
    action?()
  }
}

/// The isolation of everything that belongs to one loop.
package actor LoopActor {
  /// The loop whose thread this actor's code runs on.
  package nonisolated unowned let loop: EventLoop

  fileprivate init(loop: EventLoop) {
    self.loop = loop
  }

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// Runs `body` on the loop's thread under one deadline, which also ends when the calling task is cancelled.
  ///
  /// - Parameter timeout: from now; every wait of `body` that is given the deadline throws once it is over.
  package func perform<Result: Sendable>(
    within timeout: Duration, _ body: @Sendable (isolated LoopActor, Deadline) async -> Result
  ) async -> Result {
    let deadline = Deadline(loop: loop, timeout: timeout)
    defer { deadline.release() }
    return await withTaskCancellationHandler {
      // Without the preference, what resumes inside goes by way of the global pool, where others may be blocking.
      if isPreferred { return await body(self, deadline) }
      return await withTaskExecutorPreference(loop) { await body(self, deadline) }
    } onCancel: {
      Task { await self.cancel(deadline) }
    }
  }

  /// Whether the current task prefers this loop already.
  private nonisolated var isPreferred: Bool {
    withUnsafeCurrentTask { $0?.unownedTaskExecutor == loop.asUnownedTaskExecutor() }
  }

  private func cancel(_ deadline: Deadline) {
    deadline.cancel()
  }
}

/// What a new thread is given to run.
private final class ThreadStart {
  let loop: EventLoop
  let name: String

  init(loop: EventLoop, name: String) {
    self.loop = loop
    self.name = name
  }

  static func run(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let pointer else { return nil }
    let start = Unmanaged<ThreadStart>.fromOpaque(pointer).takeRetainedValue()
    curlew_name_thread(start.name)
    start.loop.run()
    return nil
  }
}
