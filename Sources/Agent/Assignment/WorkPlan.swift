package import Model
import Regions
import Synchronization

/// What this node runs: the checks of the configuration in force that the memberships of its region give it.
///
/// A membership holds for slots that begin at its `since` or later. Around that moment the schedule knows the checks of both
/// the old one and the new one, and each slot is asked for when it comes: so the node that hands over runs its last slots, the
/// one that takes over begins with the first one of its own, and no check is disturbed that stays.
package final class WorkPlan: Sendable {
  /// By what a slot is run.
  package struct Ticket: Hashable, Sendable {
    /// The version of the configuration.
    package var configuration: Int64
    /// The number of the membership.
    package var epoch: Int64
  }

  /// For how long slots of an old membership may still be run, or wait to be: the longest lease.
  static let overlap = CheckLease.longest

  private struct State {
    var configuration: Int64 = 0
    /// Those that can be run here, whoever runs them at present.
    var checks: [CheckID: Check] = [:]
    var order: [CheckID] = []
    var memberships: [Membership] = []
    var assignment = Assignment([])
    var isPaused = false
    /// Slots that begin before or after are another process's.
    var slots: (from: Timestamp?, until: Timestamp?) = (nil, nil)
    /// By what the newest slot of a check was begun, until its run is recorded: runs of one check do not overlap.
    var begun: [CheckID: (start: Timestamp, ticket: Ticket)] = [:]
  }

  /// The name of this node.
  package let node: String
  private let region: String
  private let state = Mutex(State())

  /// A plan of nothing.
  package init(node: String, region: String) {
    self.node = node
    self.region = region
  }

  /// These checks can be run here from now on: their values are known.
  package func configure(version: Int64, checks: [Check]) {
    let own = checks.filter { $0.runs(in: region) && $0.kind.isProbed }
    state.withLock { state in
      state.configuration = version
      state.checks = Dictionary(own.map { ($0.id, $0) }) { first, _ in first }
      state.order = own.map(\.id)
    }
  }

  /// Who runs what, as the hub knows it: the membership in force, and perhaps one that begins soon.
  package func follow(_ memberships: [Membership]) {
    let told = memberships.filter { $0.region == region }
    guard let first = told.map(\.epoch).min() else { return }
    state.withLock { state in
      // Slots of the one before may still wait; what is as new as what was told is another store's.
      let before = state.memberships.filter { $0.epoch < first }.suffix(2)
      state.memberships = before + told
      state.assignment = Assignment(state.memberships)
    }
  }

  /// Nothing is run from now on, or everything again.
  package func setPaused(_ isPaused: Bool) {
    state.withLock { $0.isPaused = isPaused }
  }

  /// Only slots that begin within these bounds are run by this process; the others by another one of the same node.
  package func setSlots(from: Timestamp?, until: Timestamp?) {
    state.withLock { $0.slots = (from, until) }
  }

  /// The checks that the schedule has to know: those of every membership that counts now, or will.
  package func planned(at now: Timestamp) -> [Check] {
    state.withLock { state in
      guard !state.isPaused else { return [] }
      let moments = Self.moments(of: state.memberships, at: now)
      return state.order.compactMap { id in
        guard let check = state.checks[id] else { return nil }
        let isOurs = moments.contains {
          state.assignment.node(of: id, interval: check.interval, at: $0) == node
        }
        return isOurs ? check : nil
      }
    }
  }

  /// When `planned(at:)` will be otherwise though nobody says so; nil where it will not.
  package func nextChange(after now: Timestamp) -> Timestamp? {
    state.withLock { state in state.memberships.map { $0.since + Self.overlap }.filter { $0 > now }.min() }
  }

  /// Moments one of which lies in each membership that counts.
  private static func moments(of memberships: [Membership], at now: Timestamp) -> [Timestamp] {
    [now - overlap] + memberships.map(\.since).filter { $0 > now - overlap }
  }

  /// By what this node runs a slot; nil when it is another's, or nobody's.
  package func ticket(for check: CheckID, slotStart: Timestamp) -> Ticket? {
    state.withLock { ticket($0, for: check, slotStart: slotStart) }
  }

  private func ticket(_ state: State, for check: CheckID, slotStart: Timestamp) -> Ticket? {
    if let from = state.slots.from, slotStart < from { return nil }
    if let until = state.slots.until, slotStart >= until { return nil }
    guard !state.isPaused, let interval = state.checks[check]?.interval,
      state.assignment.node(of: check, interval: interval, at: slotStart) == node
    else { return nil }
    return Ticket(configuration: state.configuration, epoch: state.assignment.epoch(at: slotStart) ?? 0)
  }

  /// A slot has come. Where this node runs it, by what is settled now: its run may end when the check is another's, or is
  /// written otherwise.
  ///
  /// - Returns: whether this node runs it.
  package func begin(_ check: CheckID, slotStart: Timestamp) -> Bool {
    state.withLock { state in
      guard let ticket = ticket(state, for: check, slotStart: slotStart) else { return false }
      state.begun[check] = (slotStart, ticket)
      return true
    }
  }

  /// By what the run of a slot was begun; nil when it was not, or has ended before.
  package func end(_ check: CheckID, slotStart: Timestamp) -> Ticket? {
    state.withLock { state in
      guard let begun = state.begun[check], begun.start == slotStart else { return nil }
      state.begun[check] = nil
      return begun.ticket
    }
  }

  /// Those of many slots that this node runs, oldest first, in pieces of one ticket each: as few as there are memberships, however
  /// many slots there are.
  package func pieces(
    of numbers: ClosedRange<Int64>, on grid: SlotGrid, for check: CheckID
  ) -> [(numbers: ClosedRange<Int64>, ticket: Ticket)] {
    state.withLock { state in
      let changes = state.memberships.map(\.since) + [state.slots.from, state.slots.until].compactMap { $0 }
      let starts = Set(changes.map { grid.firstSlot(startingFrom: $0).number }.filter(numbers.contains))
        .union([numbers.lowerBound]).sorted()
      return zip(starts, starts.dropFirst().map { $0 - 1 } + [numbers.upperBound]).compactMap { first, last in
        ticket(state, for: check, slotStart: grid.slot(number: first).start).map { (first...last, $0) }
      }
    }
  }

  /// By what a run is made that no slot of this node's asked for.
  package func ticketForOpinion(at moment: Timestamp) -> Ticket {
    state.withLock { Ticket(configuration: $0.configuration, epoch: $0.assignment.epoch(at: moment) ?? 0) }
  }

  /// How many checks this node runs at a moment.
  package func count(at now: Timestamp) -> Int {
    state.withLock { state in
      guard !state.isPaused else { return 0 }
      return state.checks.values.count {
        state.assignment.node(of: $0.id, interval: $0.interval, at: now) == node
      }
    }
  }

  /// The number of the membership in force; 0 before the first one.
  package func epoch(at now: Timestamp) -> Int64 { state.withLock { $0.assignment.epoch(at: now) ?? 0 } }

  /// Whether others are there to take over what this node runs.
  package var hasOthers: Bool {
    state.withLock { state in
      state.memberships.last?.members.contains { $0.node != node && $0.silence < CheckLease.longest } ?? false
    }
  }

  /// Whether others have taken over: the membership in force counts on this node no more.
  package func isHandedOver(at now: Timestamp) -> Bool {
    state.withLock { state in
      guard let term = state.memberships.last(where: { $0.since <= now }) else { return true }
      return !term.members.contains { $0.node == node && $0.silence < CheckLease.longest }
    }
  }
}
