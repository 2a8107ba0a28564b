import Agent
import Glibc
import Logging
import Model
import Server
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
  /// Whether another process had the place when this one started.
  let isSuccessor: Bool
  private let owner: Spool.Owner
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
    owner = Spool.Owner(node: settings.name, region: settings.region)
    do throws(SpoolFault) {
      let opened = try Spool(
        at: settings.spool, settings: settings.spoolSettings, identity: .random(in: 1 ... .max), owner: owner)
      Self.tell(opened.finding, in: logger)
      identity = opened.identity
      spool = SpoolKeeper(opened, on: loop, time: clock)
      isSuccessor = false
      take.yield()
    } catch {
      guard error.code == EWOULDBLOCK, let known = Spool.known(of: settings.spool) else {
        throw CommandFailure("\(error)")
      }
      if let other = known.owner, other != owner {
        throw CommandFailure(
          "the spool \(settings.spool) is in use by node '\(other.node)' of region '\(other.region)'; give this node a --spool of its own"
        )
      }
      identity = known.identity
      spool = SpoolKeeper(on: loop, time: clock)
      isSuccessor = true
      // Nothing is run before the other process has said from when on.
      plan.setSlots(from: Timestamp(nanosecondsSinceEpoch: .max), until: nil)
      logger.notice(
        "another process of this node is running; taking its place", metadata: ["spool": "\(settings.spool)"])
    }
  }

  private static func tell(_ finding: Spool.Finding, in logger: Logger) {
    guard !finding.isNothing else { return }
    logger.warning(
      "the spool was damaged; what was whole is kept",
      metadata: ["bytes": "\(finding.cutBytes)", "files": "\(finding.foreignFiles.joined(separator: " "))"])
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
        let isLate = { @Sendable [logger] in
          logger.warning("the process before does not end; runs are kept in memory until it does")
        }
        try await handover.succeed(isReady: isReady, isLate: isLate) { () async throws(SpoolFault) in
          let finding = try await self.spool.open(
            at: self.settings.spool, settings: self.settings.spoolSettings, identity: self.identity,
            owner: self.owner)
          if let finding { Self.tell(finding, in: self.logger) }
        }
      } catch {
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
  /// For how long a successor tries to listen: a door that was closed a moment ago is free a moment later.
  private static let bound = Duration.seconds(2)
  private static let pace = Duration.milliseconds(100)

  func run() async throws {
    for await _ in place.taken.cancelOnGracefulShutdown() {
      let end = ContinuousClock.now + Self.bound
      while true {
        do {
          return try await service.run()
        } catch is ListenFailure where place.isSuccessor && ContinuousClock.now < end {
          try await Task.sleep(for: Self.pace)
        }
      }
    }
  }
}
