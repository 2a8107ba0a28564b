import Model

/// The votes of one slot, kept small: a hub holds two of these for each check.
struct Ballot: Sendable {
  /// One vote; regions and nodes are numbers of a `RegionRegistry`.
  struct Entry: Sendable {
    var region: Int32
    var node: Int32
    var verdict: Verdict
    var origin: RegionalVote.Origin
    var duration: Duration?
    var reason: SharedReason?
  }

  private(set) var entries: [Entry] = []
  private(set) var lastVote: Timestamp?
  private(set) var isInMaintenance = false

  /// Keeps a vote: the first of a region stays, but what its schedule gave is worth more than an opinion.
  ///
  /// - Returns: whether anything changed.
  mutating func add(_ entry: Entry, isInMaintenance: Bool, received: Timestamp) -> Bool {
    if let index = entries.firstIndex(where: { $0.region == entry.region }) {
      guard entries[index].origin == .opinion, entry.origin == .scheduled else { return false }
      entries[index] = entry
    } else {
      entries.append(entry)
    }
    lastVote = max(lastVote ?? received, received)
    self.isInMaintenance = self.isInMaintenance || isInMaintenance
    return true
  }

  /// The first region that sees it down by its schedule.
  var failing: Int32? { entries.first { $0.origin == .scheduled && $0.verdict == .down }?.region }

  /// Whether a region sees it working by its schedule.
  var isSeenWorking: Bool { entries.contains { $0.origin == .scheduled && $0.verdict.isGood } }

  func has(_ region: Int32, origin: RegionalVote.Origin) -> Bool {
    entries.contains { $0.region == region && $0.origin == origin }
  }
}

/// Why a vote is not up: most are, and need no room for it.
final class SharedReason: Sendable {
  let reason: HistoryReason

  init(_ reason: HistoryReason) {
    self.reason = reason
  }
}

/// Numbers in place of the names of regions and nodes, and how the regions stand.
struct RegionRegistry: Sendable {
  private(set) var regions: [FleetRegion] = []
  /// Those that are told of at present.
  private(set) var present: [Int32] = []
  private var regionNumbers: [String: Int32] = [:]
  private var nodes: [String] = []
  private var nodeNumbers: [String: Int32] = [:]

  /// - Returns: whether anything changed.
  mutating func update(_ told: [FleetRegion]) -> Bool {
    let before = (regions, present)
    let names = Set(told.map(\.name))
    for index in regions.indices where !names.contains(regions[index].name) { regions[index].isLive = false }
    present = told.map { region in
      let number = number(ofRegion: region.name)
      regions[Int(number)] = region
      return number
    }
    return before != (regions, present)
  }

  /// The number of a region, one that nobody told of too.
  mutating func number(ofRegion name: String) -> Int32 {
    if let number = regionNumbers[name] { return number }
    let number = Int32(clamping: regions.count)
    regionNumbers[name] = number
    regions.append(FleetRegion(name: name, isLive: false))
    return number
  }

  mutating func number(ofNode name: String?) -> Int32 {
    guard let name else { return -1 }
    if let number = nodeNumbers[name] { return number }
    let number = Int32(clamping: nodes.count)
    nodeNumbers[name] = number
    nodes.append(name)
    return number
  }

  func region(_ number: Int32) -> FleetRegion { regions[Int(number)] }

  /// A vote as everybody understands it.
  func vote(_ entry: Ballot.Entry) -> RegionalVote {
    let region = region(entry.region)
    return RegionalVote(
      region: region.name, labels: region.labels, node: entry.node < 0 ? nil : nodes[Int(entry.node)],
      verdict: entry.verdict, reason: entry.reason?.reason, duration: entry.duration, origin: entry.origin)
  }

  mutating func entry(_ run: HistoryRun, origin: RegionalVote.Origin) -> Ballot.Entry {
    Ballot.Entry(
      region: number(ofRegion: run.region), node: number(ofNode: run.node), verdict: run.verdict, origin: origin,
      duration: run.duration, reason: run.reason.map(SharedReason.init))
  }
}
