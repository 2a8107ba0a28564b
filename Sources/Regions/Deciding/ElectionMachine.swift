import HeapModule
package import Model

/// Decides slot after slot of every check over the regions: a pure value that is told what happened and answers what to do.
/// Rules of a single slot are in `SlotElection`; here is what they need of time and order.
///
/// - A slot is decided when every region that is there has voted, and otherwise `grace` after its end. Slots of a check
///   are decided in their order: one whose successor can be decided waits no longer. A check that turns out to be down
///   whatever the missing votes say is decided at once, and corrected as `isLate` when they come.
/// - Votes for a slot that is decided already decide it anew, as `isLate`, for `lateness`. The last decided slot of each check
///   is remembered with its votes; for others the votes are asked for (`recall`), because memory is bounded: at most
///   `mostOpen` slots that are open and one that is not, for each check.
/// - After the machine was made, or was told nothing for a while, it first waits for votes before it holds that there are
///   none. Slots that nobody voted in and that are over for longer than `patience` are passed over without a decision:
///   nobody watched then.
/// - Votes of checks that are not planned, of regions that are not the check's, and of slots that lie too far back or ahead
///   change nothing, and are counted.
package struct ElectionMachine: Sendable {
  /// What happened.
  package enum Event: Sendable {
    /// These are the checks from now on; those that are disabled or not probed are left out.
    case planChanged([Check])
    /// These are the regions from now on.
    case regionsChanged([FleetRegion])
    /// Votes came out of the queue.
    case votes([FleetRun], received: Timestamp)
    /// What `recall` asked for.
    case recalled([RecalledSlot])
    /// Time has passed. Told when `wake` says so, and when no votes wait in the queue: those come first.
    case timer
  }

  /// What is to be done about it.
  package enum Action: Hashable, Sendable {
    /// A slot was decided. It is stored, and only then told to others.
    case decide(SlotDecision)
    /// A region is to be asked what it sees; its run votes as an opinion.
    case ask(OpinionWish)
    /// Too few regions vote on a check, from this slot on.
    case blind(CheckID, from: Slot)
    /// Enough regions vote again, from this slot on.
    case sighted(CheckID, from: Slot)
    /// Late votes came for slots whose other votes are not remembered: all runs that are stored of them are to be given
    /// again by `recalled`, also where there are none.
    case recall(CheckID, slots: [Slot])
  }

  /// What became of votes that decided nothing, since the machine was made.
  package struct Counts: Hashable, Sendable {
    /// Of slots that had a vote of that region.
    package var duplicates = 0
    /// Of slots that were decided before; each decided its slot anew.
    package var late = 0
    /// Of slots that are too old to be corrected, or have not begun.
    package var stale = 0
    /// Of checks or regions that do not vote.
    package var strangers = 0
    /// Late ones for which there was no room.
    package var forgotten = 0

    /// Nothing is counted yet.
    package init() {}
  }

  /// How long after its end votes of a slot are waited for.
  package static let grace = Duration.seconds(5)
  /// Votes of slots that ended longer ago correct nothing.
  package static let lateness = Duration.days(1)
  /// A slot that was not decided in so long after its end is one that nobody watched.
  package static let patience = Duration.minutes(2)
  /// How many open slots of a check are kept; the oldest is decided when there would be more.
  package static let mostOpen = 4
  /// How many slots may wait to be recalled.
  package static let mostLate = 200_000
  /// How many slots are asked for and not given yet.
  static let mostRecalled = 2_000
  /// How long late votes of a slot are gathered before it is recalled.
  static let gathering = Duration.seconds(5)
  /// The clock of a node may be ahead by so much.
  static let futureTolerance = Duration.seconds(5)
  /// How many opinions are asked for in one go when nothing was asked for a while, and then each second.
  static let opinionBurst = 100.0
  static let opinionRate = 20.0

  var entries: [Entry] = []
  var indices: [CheckID: Int] = [:]
  var freeEntries: [Int] = []
  /// Checks that votes came in for, and that are not looked at yet.
  var touched: [Int] = []
  var registry = RegionRegistry()
  var timers = Heap<Timer>()
  var late = LateSlots()
  /// No slot is held to have no votes before this moment.
  var quietUntil: Timestamp
  var lastTold: Timestamp
  var opinionTokens = Self.opinionBurst
  var opinionsFilled: Timestamp
  /// What became of votes that decided nothing.
  package internal(set) var counts = Counts()

  /// A machine without a plan.
  package init(at now: Timestamp) {
    quietUntil = now + Self.grace
    lastTold = now
    opinionsFilled = now
  }

  /// When `timer` is to be told next; nil where nothing is waited for.
  package var wake: Timestamp? {
    guard let timer = timers.min?.time else { return late.wake }
    return late.wake.map { min($0, timer) } ?? timer
  }

  /// How many votes may be taken from the queue, all of which may be late: none while too many wait to be recalled.
  package var room: Int { max(0, Self.mostLate - late.count) }

  /// Takes an event in, and says what is to be done, in order. Moments are those of the store's clock.
  package mutating func handle(_ event: Event, at now: Timestamp) -> [Action] {
    // The timer was not told when it should have been, or the clock was set back: votes may be late too.
    let isOverdue = timers.min.map { now - $0.time > .seconds(2) } ?? false
    if isOverdue || now < lastTold { quietUntil = max(quietUntil, now + Self.grace) }
    lastTold = now
    var actions: [Action] = []
    switch event {
    case .planChanged(let checks): replan(checks, at: now)
    case .regionsChanged(let regions): if registry.update(regions) { reconsider(at: now, &actions) }
    case .votes(let runs, let received):
      for run in runs { take(run, received: received, at: now, &actions) }
      decideTouched(at: now, &actions)
    case .recalled(let slots): for slot in slots { redecide(slot, at: now, &actions) }
    case .timer: fire(at: now, &actions)
    }
    late.recall(at: now, entries, &actions)
    return actions
  }
}

/// What is stored of a slot, given again.
package struct RecalledSlot: Sendable {
  package var check: CheckID
  package var slot: Slot
  /// Every stored run of the slot, a region each.
  package var runs: [HistoryRun]
  /// What was held in the slot before it; nil where nobody knows.
  package var before: Verdict?

  /// A slot with everything said.
  package init(check: CheckID, slot: Slot, runs: [HistoryRun], before: Verdict? = nil) {
    self.check = check
    self.slot = slot
    self.runs = runs
    self.before = before
  }
}
