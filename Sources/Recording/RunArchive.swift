package import Model
import Synchronization

/// The last runs of each check with everything that is on their record: what the API tells of one run.
///
/// History keeps what a run came to; what its steps did is kept here, in memory, for those that somebody may ask about: the runs
/// of journeys, and of plain checks those that were not up. Bounded: so many a check, and so many bytes in all, of which
/// the oldest go first.
package final class RunArchive: RunSink {
  private struct Entry {
    var number: UInt64
    var run: Run
    var size: Int
  }

  /// The runs of one check. Those that were not up are not pushed out by those that were.
  private struct Shelf {
    var keepsGood: Bool
    var good: [Entry] = []
    var bad: [Entry] = []
  }

  private struct Place {
    var check: CheckID
    var number: UInt64
  }

  private struct State {
    var shelves: [CheckID: Shelf] = [:]
    /// All runs that were ever put on a shelf and perhaps still stand there, oldest first, from `head` on.
    var order: [Place] = []
    var head = 0
    var size = 0
    var count = 0
    var next: UInt64 = 0
  }

  private let runsPerCheck: Int
  private let limit: Int
  private let state = Mutex(State())

  /// Keeps nothing before `apply(_:)` has named the checks.
  ///
  /// - Parameters:
  ///   - runsPerCheck: how many runs are kept of a check that were up, and how many that were not.
  ///   - limit: how many bytes all of them may hold, about.
  package init(runsPerCheck: Int = 10, limit: Int = 32 << 20) {
    self.runsPerCheck = runsPerCheck
    self.limit = limit
  }

  /// Makes these the checks whose runs are kept: others are forgotten, and what is known of these stays.
  package func apply(_ checks: [Check]) {
    state.withLock { state in
      let before = state.shelves
      state.shelves = [:]
      state.size = 0
      state.count = 0
      for check in checks {
        var shelf = before[check.id] ?? Shelf(keepsGood: false)
        shelf.keepsGood = check.kind == .journey
        state.size += (shelf.good + shelf.bad).reduce(0) { $0 + $1.size }
        state.count += shelf.good.count + shelf.bad.count
        state.shelves[check.id] = shelf
      }
    }
  }

  package func record(_ run: Run) {
    let isGood = run.verdict == .up
    state.withLock { state in
      // A check that left the plan while it ran.
      guard let shelf = state.shelves[run.check], shelf.keepsGood || !isGood else { return }
      let list = isGood ? \Shelf.good : \Shelf.bad
      state.next += 1
      let entry = Entry(number: state.next, run: run, size: run.approximateSize)
      state.size += entry.size
      state.count += 1
      state.order.append(Place(check: run.check, number: entry.number))
      state.shelves[run.check]?[keyPath: list].append(entry)
      if shelf[keyPath: list].count >= runsPerCheck, let oldest = state.shelves[run.check]?[keyPath: list].removeFirst()
      {
        state.size -= oldest.size
        state.count -= 1
      }
      while state.size > limit, state.head < state.order.count { Self.dropOldest(&state) }
      Self.tidy(&state)
    }
  }

  /// Nothing: there is no run to keep.
  package func record(_ missed: MissedSlots, in region: String) {}

  /// A run by its trace id; nil when it is not kept, or no more.
  package func run(of check: CheckID, traceID: String) -> Run? {
    state.withLock { state in
      guard let shelf = state.shelves[check] else { return nil }
      return (shelf.bad + shelf.good).first { $0.run.traceID == traceID }?.run
    }
  }

  private static func dropOldest(_ state: inout State) {
    let place = state.order[state.head]
    state.head += 1
    for list in [\Shelf.good, \.bad] {
      guard let index = state.shelves[place.check]?[keyPath: list].firstIndex(where: { $0.number == place.number })
      else { continue }
      state.size -= state.shelves[place.check]?[keyPath: list].remove(at: index).size ?? 0
      state.count -= 1
    }
  }

  /// Forgets places of runs that are gone, once they are as many as those that are there.
  private static func tidy(_ state: inout State) {
    guard state.order.count > 2 * state.count + 1024 else { return }
    let numbers = Set(state.shelves.values.flatMap { ($0.good + $0.bad).map(\.number) })
    state.order = state.order[state.head...].filter { numbers.contains($0.number) }
    state.head = 0
  }
}

extension Run {
  /// How many bytes its record holds, about.
  fileprivate var approximateSize: Int {
    512 + (steps + cleanup).reduce(0) { $0 + $1.approximateSize }
  }
}

extension StepResult {
  fileprivate var approximateSize: Int {
    var size = 512 + name.utf8.count + (reason?.approximateSize ?? 0)
    size += earlier.reduce(0) { $0 + $1.reason.approximateSize }
    size += expectations.reduce(0) { $0 + 64 + $1.source.utf8.count + ($1.detail?.utf8.count ?? 0) }
    size += captures.reduce(0) { $0 + 64 + $1.key.utf8.count + $1.value.utf8.count }
    size += measures.reduce(0) { $0 + 64 + $1.key.utf8.count }
    guard let facts else { return size }
    size += (facts.tls?.chain.count ?? 0) * 1024
    switch facts.detail {
    case .http(let http):
      size += http.body.count + http.url.utf8.count
      size += (http.headers + http.requestHeaders).reduce(0) { $0 + 64 + $1.name.utf8.count + $1.value.utf8.count }
    case .socket(let socket): size += socket.received.count + socket.messages.reduce(0) { $0 + 32 + $1.utf8.count }
    case .exec(let exec): size += exec.stdout.count + exec.stderr.count + exec.metrics.count * 64
    case .dns(let dns): size += (dns.answers.count + dns.authority.count + dns.additional.count) * 256
    case .websocket(let web):
      size += web.socket.received.count + web.socket.messages.reduce(0) { $0 + 32 + $1.utf8.count }
    case .grpc(let grpc): size += grpc.statusMessage.utf8.count
    case .tls, .icmp: break
    }
    return size
  }
}

extension Reason {
  fileprivate var approximateSize: Int {
    128 + message.utf8.count + (excerpt?.lineText.utf8.count ?? 0)
  }
}
