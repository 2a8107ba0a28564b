import Agent
import Glibc
import Logging
import Model
import ServiceLifecycle
import Synchronization
import Transport

/// The place of a node, which one process has at a time: its spool and its door. A new process of the same node, a newer version
/// say, takes the place of the old one without a gap (`Handover`).
final class NodePlace: Sendable {
  let spool: SpoolKeeper
  /// The spool's identity, under which the node registers.
  let identity: UInt64
  /// One element when the place is this process's.
  let taken: AsyncStream<Void>

  private let settings: AgentSettings
  private let handover: Handover
  private let logger: Logger
  private let loop: EventLoop
  private let isSuccessor: Bool
  private let take: AsyncStream<Void>.Continuation
  private let hasHandedOver = Mutex(false)

  /// Opens the spool, or finds that another process has it.
  ///
  /// - Throws: `CommandFailure` when the spool can be neither opened nor waited for.
  init(settings: AgentSettings, plan: WorkPlan, clock: HubClock, logger: Logger) throws {
    self.settings = settings
    self.logger = logger
    handover = Handover(in: settings.spool, plan: plan, clock: clock)
    loop = try EventLoop(name: "curlew-spool")
    (taken, take) = AsyncStream.makeStream()
    do throws(SpoolFault) {
      let opened = try Spool(at: settings.spool, settings: settings.spoolSettings, identity: .random(in: 1 ... .max))
      if !opened.finding.isNothing {
        logger.warning(
          "the spool was damaged; what was whole is kept",
          metadata: [
            "bytes": "\(opened.finding.cutBytes)", "files": "\(opened.finding.foreignFiles.joined(separator: " "))",
          ])
      }
      identity = opened.identity
      spool = SpoolKeeper(opened, on: loop, time: clock)
      isSuccessor = false
      take.yield()
    } catch {
      guard error.code == EWOULDBLOCK, let identity = Spool.identity(of: settings.spool) else {
        throw CommandFailure("\(error)")
      }
      self.identity = identity
      spool = SpoolKeeper(on: loop, time: clock)
      isSuccessor = true
      // Nothing is run before the other process has said from when on.
      plan.setSlots(from: Timestamp(nanosecondsSinceEpoch: .max), until: nil)
      logger.notice("another process of this node is running; taking its place", metadata: ["spool": "\(settings.spool)"])
    }
  }

  /// Whether another process has taken the place of this one.
  var isHandedOver: Bool { hasHandedOver.withLock { $0 } }

  /// Takes the place where another process has it, and gives it to the next one that asks for it. Returns then, or when the
  /// task is cancelled.
  ///
  /// - Parameters:
  ///   - isReady: whether there is a schedule to run.
  ///   - shutDown: called when the place is given away.
  /// - Throws: `CommandFailure` when the other process does not give it away.
  func keep(isReady: @escaping @Sendable () -> Bool, shutDown: @escaping @Sendable () async -> Void) async throws {
    if isSuccessor {
      do throws(SpoolFault) {
        try await handover.succeed(isReady: isReady) { () async throws(SpoolFault) in
          try await self.spool.open(
            at: self.settings.spool, settings: self.settings.spoolSettings, identity: self.identity)
        }
      } catch {
        take.finish()
        throw CommandFailure("\(error)")
      }
      guard !Task.isCancelled else { return }
      logger.notice("took the place of the process before")
      take.yield()
    }
    guard await handover.waitForSuccessor() != nil else { return }
    hasHandedOver.withLock { $0 = true }
    logger.notice("another process of this node goes on from here; ending")
    await shutDown()
  }

  /// Ends the spool's thread.
  func stop() {
    loop.stop()
  }
}

/// What runs only in the process that has the place of the node: two cannot listen at one address.
struct PlacedService: Service {
  let service: any Service
  let place: NodePlace

  func run() async throws {
    for await _ in place.taken.cancelOnGracefulShutdown() { return try await service.run() }
  }
}
