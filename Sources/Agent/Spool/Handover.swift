import Glibc
package import Model

/// How two processes of one node change places without a missed slot and without one that is run twice: through the folder of
/// the spool that they share.
///
/// | file | what |
/// |---|---|
/// | `lock` | held by the process that has the spool |
/// | `successor` | held by a process that is ready to take its place |
/// | `handover` | from which slot on the successor runs, in milliseconds since the epoch |
///
/// The holder sees that it is awaited, names a moment a little ahead, runs the slots that begin before it, and ends. The
/// successor runs the slots from that moment on, keeps their runs in memory, and has the spool as soon as the other process is
/// gone.
package struct Handover: Sendable {
  /// How far ahead the moment is: the successor has to read of it before.
  static let lead = Duration.seconds(1)
  /// From one look at the files to the next.
  static let pace = Duration.milliseconds(100)
  /// How long a claim is tried: whoever looks whether there is one holds its lock for that moment.
  static let claimBound = Duration.seconds(1)
  /// How long the holder has to answer.
  static let answerBound = Duration.seconds(15)
  /// How long it takes to end at most, as a rule: its runs, and what it writes at last.
  static let endBound = Duration.seconds(60)

  private let directory: String
  private let plan: WorkPlan
  private let clock: any TimeSource

  /// - Parameters:
  ///   - directory: the spool's folder.
  ///   - plan: what of the schedule is run is said to it.
  package init(in directory: String, plan: WorkPlan, clock: any TimeSource) {
    self.directory = directory
    self.plan = plan
    self.clock = clock
  }

  private var successorPath: String { directory + "/successor" }
  private var momentPath: String { directory + "/handover" }

  // MARK: Holder

  /// Waits until another process is ready to take this one's place, and hands the schedule over to it.
  ///
  /// - Returns: when the last slot of this process has begun: the process is to finish its runs and to end. Nil when the task
  ///   was cancelled before.
  package func waitForSuccessor() async -> Timestamp? {
    unlink(momentPath)
    while await pause() {
      guard isAwaited else { continue }
      let moment = clock.now + Self.lead
      plan.setSlots(from: nil, until: moment)
      guard announce(moment), await isAwaited(until: moment) else {
        // Nobody can be told, because the disk is full say, or nobody is there any more: nothing is handed over.
        unlink(momentPath)
        plan.setSlots(from: nil, until: nil)
        continue
      }
      return moment
    }
    return nil
  }

  /// Whether another process stays ready until a moment has come.
  private func isAwaited(until moment: Timestamp) async -> Bool {
    while clock.now < moment {
      guard isAwaited, await pause() else { return false }
    }
    return isAwaited
  }

  /// Whether another process is ready to take the place of the one that has the spool.
  package var isAwaited: Bool {
    guard let file = try? SpoolFile(successorPath, flags: O_RDWR) else { return false }
    // Shared, so that two that look see nobody where nobody is.
    return flock(file.descriptor, LOCK_SH | LOCK_NB) != 0
  }

  private func announce(_ moment: Timestamp) -> Bool {
    let path = momentPath + ".new"
    guard let file = try? SpoolFile(path, flags: O_RDWR | O_CREAT | O_TRUNC) else { return false }
    let bytes = Array("\(moment.millisecondsSinceEpoch)".utf8)
    guard (try? SystemDisk().write(bytes, to: file.descriptor, at: 0)) != nil else { return false }
    return rename(path, momentPath) == 0
  }

  // MARK: Successor

  /// Takes the place of the process that has the spool. Nothing is run before it has named the moment.
  ///
  /// - Parameters:
  ///   - isReady: whether everything else is there: a schedule from the hub.
  ///   - isLate: called when the other process has handed over and does not end. It starts nothing any more, so this one goes on,
  ///     with its runs in memory.
  ///   - open: opens the spool; called again as long as another process has it.
  /// - Throws: where the other process does not answer; what the system says.
  package func succeed(
    isReady: @Sendable () -> Bool, isLate: @Sendable () -> Void = {},
    open: @Sendable () async throws(SpoolFault) -> Void
  ) async throws(SpoolFault) {
    // Where the process before ends for other reasons, its place is free at once.
    while !isReady() {
      if try await opens(open) { return plan.setSlots(from: nil, until: nil) }
      guard await pause() else { return }
    }
    let claim = try SpoolFile(successorPath, flags: O_RDWR | O_CREAT)
    let claimEnd = clock.uptime + Self.claimBound
    while flock(claim.descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard clock.uptime < claimEnd else {
        throw SpoolFault("another process is about to take over the spool \(directory)")
      }
      guard await pause() else { return }
    }
    defer {
      unlink(momentPath)
      unlink(successorPath)
      withExtendedLifetime(claim) {}
    }
    let answerEnd = clock.uptime + Self.answerBound
    while true {
      if let moment = announced {
        plan.setSlots(from: moment, until: nil)
        break
      }
      if try await opens(open) { return plan.setSlots(from: nil, until: nil) }
      guard clock.uptime < answerEnd else {
        throw SpoolFault("the spool \(directory) is in use by another process, which does not hand it over")
      }
      guard await pause() else { return }
    }
    var end: Duration? = clock.uptime + Self.endBound
    while !(try await opens(open)) {
      if let bound = end, clock.uptime >= bound {
        isLate()
        end = nil
      }
      guard await pause() else { return }
    }
  }

  /// - Returns: false while another process has the spool.
  private func opens(_ open: @Sendable () async throws(SpoolFault) -> Void) async throws(SpoolFault) -> Bool {
    do throws(SpoolFault) {
      try await open()
      return true
    } catch {
      guard error.code == EWOULDBLOCK else { throw error }
      return false
    }
  }

  private var announced: Timestamp? {
    guard let file = try? SpoolFile(momentPath, flags: O_RDONLY), let bytes = try? file.read(32, at: 0) else {
      return nil
    }
    return Int64(String(decoding: bytes, as: UTF8.self)).map { Timestamp(millisecondsSinceEpoch: $0) }
  }

  private func pause() async -> Bool {
    (try? await clock.sleep(untilUptime: clock.uptime + Self.pace)) != nil
  }
}
