import HeapModule
import Model

extension ElectionMachine {
  /// A check, and how far it is decided.
  struct Entry: Sendable {
    let id: CheckID
    var grid: SlotGrid
    var quorum: Quorum
    var timeout: Duration
    /// The check's own regions; nil for all that are present.
    var regions: [Int32]?
    /// The first slot that is expected and not decided.
    var next: Slot
    /// The start of the newest slot that is decided.
    var decided: Timestamp?
    var held = SlotElection.Held()
    var isBlind = false
    /// Oldest first.
    var open: [OpenSlot] = []
    var closed: ClosedSlot?
    /// When the live timer of the entry ends.
    var due: Timestamp?
    var isPlanned = true
    /// Whether it is among those that votes came in for.
    var isTouched = false
  }

  /// A slot that is not decided yet.
  struct OpenSlot: Sendable {
    let slot: Slot
    var ballot = Ballot()
    /// It is decided then, with what it has.
    var deadline: Timestamp
    /// How many opinions are asked for and not given; nil before anybody is asked.
    var opinionsAwaited: Int?
    /// Until when they are waited for.
    var opinionsUntil: Timestamp?
  }

  /// The newest slot that is decided.
  struct ClosedSlot: Sendable {
    let slot: Slot
    var ballot: Ballot
    /// What was held before it.
    let held: SlotElection.Held
    /// How many regions were expected.
    let expected: Int
  }

  /// When an entry is looked at.
  struct Timer: Comparable, Sendable {
    let time: Timestamp
    let entry: Int

    static func < (left: Timer, right: Timer) -> Bool { left.time < right.time }
  }

  // MARK: The plan

  mutating func replan(_ checks: [Check], at now: Timestamp) {
    var gone = Set(indices.keys)
    for check in checks where check.isEnabled && check.kind.isProbed && check.interval > .zero {
      gone.remove(check.id)
      let regions = check.regions.map { $0.map { registry.number(ofRegion: $0) } }
      if let index = indices[check.id] {
        entries[index].quorum = check.quorum
        entries[index].timeout = check.timeout
        entries[index].regions = regions
        guard entries[index].grid != check.grid else { continue }
        entries[index].grid = check.grid
        entries[index].next = Self.firstExpected(on: check.grid, after: now)
        arm(index)
      } else {
        let entry = Entry(
          id: check.id, grid: check.grid, quorum: check.quorum, timeout: check.timeout, regions: regions,
          next: Self.firstExpected(on: check.grid, after: now))
        let index = insert(entry)
        indices[check.id] = index
        arm(index)
      }
    }
    for id in gone {
      guard let index = indices.removeValue(forKey: id) else { continue }
      entries[index].isPlanned = false
      entries[index].open = []
      entries[index].closed = nil
      freeEntries.append(index)
      late.forget(index)
    }
  }

  /// Nodes hear of a new check a little later: a slot before that which has no votes is none that is missed.
  private static func firstExpected(on grid: SlotGrid, after now: Timestamp) -> Slot {
    grid.firstSlot(startingFrom: now + .seconds(10))
  }

  private mutating func insert(_ entry: Entry) -> Int {
    guard let index = freeEntries.popLast() else {
      entries.append(entry)
      return entries.count - 1
    }
    // Its timer may still be in the heap: it is then looked at once more than it had to be.
    entries[index] = entry
    return index
  }

  // MARK: Who votes

  /// The regions that should vote on a check.
  func expected(_ index: Int) -> [Int32] { entries[index].regions ?? registry.present }

  /// A check as its next slot is decided.
  func election(_ index: Int) -> SlotElection {
    SlotElection(quorum: entries[index].quorum, expected: expected(index).count)
  }

  // MARK: Timers

  /// Sees to it that an entry is looked at when something of it is due.
  mutating func arm(_ index: Int) {
    let due = dueTime(index)
    if let armed = entries[index].due, armed <= due { return }
    entries[index].due = due
    timers.insert(Timer(time: due, entry: index))
  }

  func dueTime(_ index: Int) -> Timestamp {
    let entry = entries[index]
    // A slot that has votes waits for its own deadline.
    let isVotedIn = entry.open.first.map { $0.slot <= entry.next } ?? false
    var due = isVotedIn ? Timestamp(nanosecondsSinceEpoch: .max) : max(entry.next.end + Self.grace, quietUntil)
    for open in entry.open {
      due = min(due, open.deadline)
      if let until = open.opinionsUntil, open.opinionsAwaited ?? 0 > 0 { due = min(due, until) }
    }
    return due
  }
}
