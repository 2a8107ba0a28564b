package import Model
import Synchronization
package import Transport

/// The spool on a thread of its own: a slow disk keeps nobody waiting but the hub.
package actor SpoolKeeper {
  /// The most runs that wait to be written: more than any node makes while a disk is stuck for a minute.
  package static let queueLength = 50_000

  /// From one look at a spool that nothing is written to to the next.
  private static let tendingPace = Duration.seconds(10)

  private let loop: EventLoop
  /// Nil while another process of this node has it.
  private var spool: Spool?
  private let time: any TimeSource
  private let waiting = Mutex<(runs: [FleetRun], dropped: Int)>(([], 0))
  private let known: Mutex<Spool.Status>
  private let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - spool: nobody else uses it any more.
  ///   - loop: the thread that blocks on the disk; nothing else runs there.
  ///   - time: stamps what is spooled.
  package init(_ spool: sending Spool, on loop: EventLoop, time: any TimeSource) {
    self.loop = loop
    self.time = time
    known = Mutex(spool.status)
    self.spool = spool
    (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// A keeper that holds runs in memory until the spool can be opened: another process of this node has it.
  ///
  /// - Parameters:
  ///   - loop: the thread that blocks on the disk; nothing else runs there.
  ///   - time: stamps what is spooled.
  package init(on loop: EventLoop, time: any TimeSource) {
    self.loop = loop
    self.time = time
    known = Mutex(Spool.Status())
    (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Opens the spool, unless it is open.
  ///
  /// - Returns: what was found in it; nil where it was open.
  /// - Throws: what the system says; `EWOULDBLOCK` while another process has it.
  package func open(
    at directory: String, settings: Spool.Settings, identity: UInt64, owner: Spool.Owner? = nil
  ) throws(SpoolFault) -> Spool.Finding? {
    guard spool == nil else { return nil }
    let opened = try Spool(at: directory, settings: settings, identity: identity, owner: owner)
    spool = opened
    signal.yield()
    note()
    return opened.finding
  }

  /// Writes what waits and lets go of the spool, so that another process can have it.
  package func close() {
    _ = write()
    spool?.flush(at: time.uptime)
    spool = nil
  }

  /// Has the spool looked after now and then until the task is cancelled, though nothing new comes: what the disk did not take is
  /// tried again, and what is too old is dropped.
  package nonisolated func tend() async {
    while (try? await time.sleep(untilUptime: time.uptime + Self.tendingPace)) != nil { signal.yield() }
  }

  /// Takes a run in, which is on the disk a moment later; it never waits.
  package nonisolated func add(_ run: FleetRun) {
    waiting.withLock { waiting in
      // The oldest are dropped, as the spool itself does.
      if waiting.runs.count >= Self.queueLength {
        waiting.runs.removeFirst(Self.queueLength / 10)
        waiting.dropped += Self.queueLength / 10
      }
      waiting.runs.append(run)
    }
    signal.yield()
  }

  /// One element when runs wait to be written; for one consumer.
  package nonisolated var arrivals: AsyncStream<Void> { signals }

  /// How the spool does, as of the last time that it was used.
  package nonisolated var status: Spool.Status {
    var status = known.withLock { $0 }
    waiting.withLock {
      status.length += $0.runs.count
      status.dropped += $0.dropped
    }
    return status
  }

  /// The newest number that a run has: it is on the disk, or in memory while the disk fails.
  package var last: Int64 { spool?.last ?? 0 }

  /// Writes what waits.
  ///
  /// - Returns: the newest number.
  package func write() -> Int64 {
    guard let spool else { return 0 }
    let runs = waiting.withLock { waiting in
      defer { waiting.runs = [] }
      return waiting.runs
    }
    spool.append(runs, at: time.now, uptime: time.uptime)
    note()
    return spool.last
  }

  /// The hub has everything up to this number.
  package func release(through number: Int64) {
    spool?.release(through: number)
    note()
  }

  /// The hub has these newer runs too: they do not wait.
  package func setAhead(_ numbers: ClosedRange<Int64>?) {
    spool?.setAhead(numbers)
    note()
  }

  /// This run is not sent any more.
  package func giveUp(_ number: Int64) {
    spool?.giveUp(number)
    note()
  }

  /// Runs from a number on.
  ///
  /// - Throws: what the disk says where it cannot be read now.
  package func read(
    from number: Int64, limit: Int
  ) throws(SpoolFault) -> (first: Int64, oldest: Int64, runs: [FleetRun])? {
    defer { note() }
    return try spool?.read(from: number, limit: limit)
  }

  private func note() {
    guard let status = spool?.status else { return }
    known.withLock { $0 = status }
  }
}
