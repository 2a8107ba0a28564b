import Model

/// What will happen, soonest first; of what happens at one moment, in the order in which it was planned.
struct EventHeap<Event> {
  private struct Entry {
    let time: Timestamp
    let order: Int
    let event: Event

    func isBefore(_ other: Entry) -> Bool { time == other.time ? order < other.order : time < other.time }
  }

  private var entries: [Entry] = []
  private var planned = 0

  mutating func plan(_ event: Event, at time: Timestamp) {
    planned += 1
    entries.append(Entry(time: time, order: planned, event: event))
    var child = entries.count - 1
    while child > 0, entries[child].isBefore(entries[(child - 1) / 2]) {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func next() -> (time: Timestamp, event: Event)? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    guard !entries.isEmpty else { return (first.time, first.event) }
    entries[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
        if entries[child].isBefore(entries[least]) { least = child }
      }
      guard least != parent else { return (first.time, first.event) }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
