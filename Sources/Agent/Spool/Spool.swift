import Fleet
import Glibc
package import Model

/// Runs that wait for the hub, in files of one directory: an append-only log in segments, which survives `kill -9` and the loss
/// of power.
///
/// - Runs have numbers from 1 in the order in which they were spooled. A number is told to nobody before its run is on the
///   disk (fdatasync(2)), so what the hub has acknowledged is never given to another run. Where that cannot be proved, after
///   damage, numbers go on far behind the damage.
/// - Each write is one record with a checksum. What is read back after a start ends at the first record that is not whole, segment
///   by segment; a record that the disk loses later is passed over, and one that it cannot read now is asked for again.
/// - Size and age are bounded: the oldest segments are dropped, and their runs counted.
/// - While the disk cannot be written, because it is full or broken, runs are kept in memory within a bound, and written when
///   it can be again.
/// - One process at a time has a spool (flock(2)). Files are its owner's alone (mode 0600).
///
/// Blocks on the disk, and is used on one thread (`SpoolKeeper`).
package final class Spool {
  /// How far numbers go on behind damage, or while they cannot be written: more than anybody can have sent of what is lost.
  static let leap: Int64 = 1_000_000
  /// The most runs of one record.
  private static let recordRuns = 1_000

  /// What was found when it was opened.
  package let finding: Finding
  private let settings: Settings
  private let directory: String
  private let disk: any SpoolDisk
  private let lock: SpoolFile
  private let positionFile: SpoolFile
  private var position: SpoolPosition
  /// Oldest first; only the last one is written to, and only when this process has made it.
  private var segments: [SpoolSegment] = []
  private var isLastOurs = false
  /// What could not be written yet, oldest first.
  private var memory: [SpoolRecord] = []
  private var memoryBytes = 0
  private var next: Int64
  private var givenUp: Set<Int64> = []
  private var diskError: String?
  private var readError: String?
  /// Newer runs that the hub has too, though not those before them.
  private var ahead: ClosedRange<Int64>?
  private var nextDiskAttempt: Duration?

  /// Opens the spool of a directory, or makes one.
  ///
  /// - Parameters:
  ///   - identity: of a spool that has to be made.
  ///   - owner: whose runs it is to hold; nil where nobody asks.
  /// - Throws: what the system says; `EWOULDBLOCK` when another process has it. Words, when runs of another owner wait in it: no
  ///   hub would take them from this one.
  package init(
    at directory: String, settings: Settings = Settings(), identity: UInt64, owner: Owner? = nil,
    disk: any SpoolDisk = SystemDisk()
  ) throws(SpoolFault) {
    self.settings = settings
    self.directory = directory
    self.disk = disk
    if mkdir(directory, 0o700) != 0, errno != EEXIST { throw .system("cannot make", directory, errno) }
    lock = try SpoolFile(directory + "/lock", flags: O_RDWR | O_CREAT)
    guard flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      guard code == EWOULDBLOCK else { throw .system("cannot lock", lock.path, code) }
      throw SpoolFault("the spool \(directory) is in use by another process", code: code)
    }
    positionFile = try SpoolFile(directory + "/" + SpoolPosition.name, flags: O_RDWR | O_CREAT)
    let names = try Self.segmentNames(in: directory)
    let known = try SpoolPosition.read(from: positionFile)
    var position =
      known
      ?? SpoolPosition(spool: names.lazy.compactMap { SpoolSegment.spool(of: $0, in: directory) }.first ?? identity)
    var finding = Finding()
    var next = max(position.acknowledged, position.reserved) + 1
    // Without a position nobody knows what was sent.
    var isDamaged = known == nil && !names.isEmpty
    for name in names {
      let (segment, cut) = try SpoolSegment.open(name, in: directory, spool: position.spool, disk: disk)
      finding.cutBytes += cut
      isDamaged = isDamaged || cut > 0 || segment == nil
      guard let segment else {
        // One that was torn as it was made holds nothing to look at.
        if cut <= SpoolSegment.headSize {
          unlink(directory + "/" + name)
          continue
        }
        rename(directory + "/" + name, directory + "/" + name + ".foreign")
        finding.foreignFiles.append(name)
        continue
      }
      next = max(next, segment.last + 1)
      // One that was made just before the end of its process; the next one may be of the same name.
      if segment.isEmpty {
        unlink(segment.file.path)
        continue
      }
      // A record that the disk said it had not written, and could not cut off, was written again to the next segment.
      while let previous = segments.last, previous.last >= segment.first {
        let size = previous.size
        try previous.end(before: segment.first)
        if previous.last + 1 < segment.first { finding.cutBytes += size - previous.size }
        guard previous.isEmpty else { break }
        finding.foreignFiles.append(SpoolSegment.name(first: previous.first))
        rename(previous.file.path, previous.file.path + ".foreign")
        segments.removeLast()
      }
      segments.append(segment)
    }
    self.finding = finding
    if isDamaged { next += Self.leap }
    self.next = next
    position.reserved = next - 1
    let acknowledged = position.acknowledged
    let isOccupied = owner != nil && position.owner != owner && segments.contains { $0.last > acknowledged }
    let other = isOccupied ? position.owner : nil
    if other == nil, let owner { position.owner = owner }
    self.position = position
    try self.position.write(to: positionFile, disk: disk)
    if let other {
      throw SpoolFault(
        "the spool \(directory) holds runs of node '\(other.node)' of region '\(other.region)' that are not sent yet; give this node a --spool of its own, or that name and region until it is empty"
      )
    }
    releaseSegments()
  }

  /// The identity under which runs are numbered.
  package var identity: UInt64 { position.spool }

  /// The hub has everything up to this number.
  package var acknowledged: Int64 { position.acknowledged }

  /// The newest number that was given to a run; 0 before the first one.
  package var last: Int64 { next - 1 }

  /// The identity of the spool of a directory and whose it is, whatever process has it; nil where there is none.
  package static func known(of directory: String) -> (identity: UInt64, owner: Owner?)? {
    guard let file = try? SpoolFile(directory + "/" + SpoolPosition.name, flags: O_RDONLY),
      let position = (try? SpoolPosition.read(from: file)) ?? nil
    else { return nil }
    return (position.spool, position.owner)
  }

  private static func segmentNames(in directory: String) throws(SpoolFault) -> [String] {
    guard let folder = opendir(directory) else { throw .system("cannot read", directory, errno) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if SpoolSegment.first(ofName: name) != nil { names.append(name) }
    }
    return names.sorted()
  }

  // MARK: Writing

  /// Takes runs in; they are on the disk when it returns, or in memory where that fails.
  package func append(_ runs: [FleetRun], at moment: Timestamp, uptime: Duration) {
    var rest = runs[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(Self.recordRuns))
      rest = rest.dropFirst(Self.recordRuns)
      let numbers = next...(next + Int64(part.count) - 1)
      next = numbers.upperBound + 1
      let record = SpoolRecord(numbers: numbers, spooled: moment, payload: RunCoding.encode(part))
      memory.append(record)
      memoryBytes += record.size
    }
    tend(at: moment, uptime: uptime)
  }

  /// Writes what the disk did not take before, when its time has come, and drops what has waited for too long.
  package func tend(at moment: Timestamp, uptime: Duration) {
    store(at: uptime)
    bound(at: moment)
  }

  /// Writes what the disk did not take before, at once: there is no later time.
  package func flush(at uptime: Duration) {
    nextDiskAttempt = nil
    store(at: uptime)
  }

  /// Writes what waits in memory, unless the disk failed a moment ago.
  private func store(at uptime: Duration) {
    guard !memory.isEmpty, nextDiskAttempt.map({ uptime >= $0 }) ?? true else { return }
    do throws(SpoolFault) {
      while let record = memory.first {
        try write(record)
        memory.removeFirst()
        memoryBytes -= record.size
      }
      if diskError != nil {
        diskError = nil
        nextDiskAttempt = nil
      }
    } catch {
      diskError = error.description
      nextDiskAttempt = uptime + settings.diskPause
      isLastOurs = false
    }
    // While the disk fails, numbers are given away that no file knows of: this one can be written in place all the same.
    if diskError != nil, position.reserved < next {
      position.reserved = next + Self.leap
      keepPosition()
      try? disk.synchronize(positionFile.descriptor)
    }
  }

  private func write(_ record: SpoolRecord) throws(SpoolFault) {
    if !isLastOurs || (segments.last?.size ?? 0) >= settings.segmentBytes
      || segments.last?.last != record.numbers.lowerBound - 1
    {
      segments.append(
        try SpoolSegment.create(in: directory, spool: identity, first: record.numbers.lowerBound, disk: disk))
      isLastOurs = true
      synchronizeDirectory()
    }
    do throws(SpoolFault) {
      try segments.last?.append(record)
    } catch {
      // The next attempt makes a file of the same name.
      if let last = segments.last, last.isEmpty { remove(last) }
      throw error
    }
  }

  /// The name of a new file outlives the machine's power only then (fsync(2)).
  private func synchronizeDirectory() {
    guard let folder = try? SpoolFile(directory, flags: O_RDONLY | O_DIRECTORY) else { return }
    fsync(folder.descriptor)
  }

  private func keepPosition() {
    // What is not kept is asked of the hub again, or sent to it twice, which counts once.
    try? position.write(to: positionFile, disk: disk)
  }

  // MARK: Bounds

  private func bound(at moment: Timestamp) {
    let oldestAllowed = moment - settings.maxAge
    var bytes = segments.reduce(0) { $0 + $1.size }
    var hasDropped = false
    // The last one is written to, and is the newest: it goes when it has grown too old as a whole.
    while let segment = segments.first,
      bytes > settings.maxBytes && segments.count > 1 || segment.newest.map({ $0 < oldestAllowed }) ?? false
    {
      bytes -= segment.size
      drop(max(segment.first, acknowledged + 1), through: segment.last)
      remove(segment)
      hasDropped = true
    }
    while let record = memory.first, memoryBytes > settings.memoryBytes && memory.count > 1 {
      drop(max(record.numbers.lowerBound, acknowledged + 1), through: record.numbers.upperBound)
      memory.removeFirst()
      memoryBytes -= record.size
      hasDropped = true
    }
    if hasDropped { keepPosition() }
  }

  private func drop(_ first: Int64, through last: Int64) {
    position.dropped += max(0, last - first + 1)
    // No file bears these numbers any more, and none is given to another run.
    position.reserved = max(position.reserved, last)
  }

  private func remove(_ segment: SpoolSegment) {
    unlink(segment.file.path)
    segments.removeAll { $0 === segment }
    if segments.isEmpty { isLastOurs = false }
  }

  // MARK: Sending

  /// The hub has everything up to this number, or is believed to.
  package func release(through number: Int64) {
    guard number > position.acknowledged else { return }
    position.acknowledged = number
    // A hub that knows more than this spool was sent it by this spool, before its files were lost.
    next = max(next, number + 1)
    givenUp = givenUp.filter { $0 > number }
    releaseSegments()
    while let record = memory.first, record.numbers.upperBound <= number {
      memory.removeFirst()
      memoryBytes -= record.size
    }
    keepPosition()
  }

  private func releaseSegments() {
    for segment in segments where segment.last <= acknowledged {
      // The one that is written to stays, unless it has grown: a new file costs more than the rest of an old one.
      if segment === segments.last, isLastOurs, segment.size < settings.segmentBytes / 8 { continue }
      remove(segment)
    }
  }

  /// The hub has these newer runs too, or none but what is acknowledged: they are kept, and do not wait.
  package func setAhead(_ numbers: ClosedRange<Int64>?) {
    ahead = numbers
  }

  /// This run is not sent any more.
  package func giveUp(_ number: Int64) {
    giveUp(number...number)
  }

  private func giveUp(_ numbers: ClosedRange<Int64>) {
    for number in numbers where number > acknowledged && number < next {
      if givenUp.insert(number).inserted { drop(number, through: number) }
    }
    keepPosition()
  }

  /// Runs one after the other from a number on, or from the next one that there is.
  ///
  /// - Returns: them, and below which number nothing will come any more; nil where there are none.
  /// - Throws: what the disk says where it cannot be read now; nothing is lost by it.
  package func read(
    from number: Int64, limit: Int
  ) throws(SpoolFault) -> (first: Int64, oldest: Int64, runs: [FleetRun])? {
    var first = max(1, number)
    var runs: [FleetRun] = []
    while runs.count < limit {
      let wanted = first + Int64(runs.count)
      if givenUp.contains(wanted) {
        guard runs.isEmpty else { break }
        first = wanted + 1
        continue
      }
      let found: SpoolRecord?
      do throws(SpoolFault) {
        found = try record(atOrAfter: wanted)
        readError = nil
      } catch {
        readError = error.description
        guard runs.isEmpty else { break }
        throw error
      }
      guard let record = found else { break }
      if record.numbers.lowerBound > wanted {
        // A hole: what is behind it goes in a batch of its own.
        guard runs.isEmpty else { break }
        first = record.numbers.lowerBound
        continue
      }
      guard let content = try? record.runs() else {
        guard runs.isEmpty else { break }
        drop(wanted, through: record.numbers.upperBound)
        first = record.numbers.upperBound + 1
        continue
      }
      for run in content.dropFirst(Int(wanted - record.numbers.lowerBound)) {
        guard runs.count < limit, !givenUp.contains(first + Int64(runs.count)) else { break }
        runs.append(run)
      }
    }
    guard !runs.isEmpty else { return nil }
    return (first, first > max(1, number) ? first : min(first, oldest), runs)
  }

  /// The lowest number that is kept.
  private var oldest: Int64 {
    segments.first { !$0.isEmpty }?.first ?? memory.first?.numbers.lowerBound ?? next
  }

  private func record(atOrAfter number: Int64) throws(SpoolFault) -> SpoolRecord? {
    var wanted = number
    while let segment = segments.first(where: { $0.last >= wanted }) {
      wanted = max(wanted, segment.first)
      switch try segment.record(holding: wanted) {
      case .whole(let record): return record
      case .lost(let numbers):
        giveUp(numbers)
        wanted = numbers.upperBound + 1
      case .lostFromHere:
        let last = segment.last
        try segment.end(before: wanted)
        drop(max(wanted, acknowledged + 1), through: last)
        keepPosition()
        if segment.isEmpty { remove(segment) }
      }
    }
    return memory.first { $0.numbers.upperBound >= wanted }
  }

  // MARK: Status

  /// How the spool does.
  package var status: Status {
    var status = Status()
    for segment in segments {
      status.bytes += segment.size
      if !segment.isEmpty { status.length += waiting(in: segment.first...segment.last) }
    }
    for record in memory {
      status.bytes += record.size
      status.length += waiting(in: record.numbers)
    }
    let oldest = oldest
    status.length -= givenUp.count { $0 >= oldest && !(ahead?.contains($0) ?? false) }
    status.dropped = Int(position.dropped)
    status.diskError = diskError ?? readError
    for segment in segments {
      let first = firstWaiting(from: segment.first)
      guard first <= segment.last else { continue }
      status.oldest = (try? segment.time(of: first)) ?? nil
      return status
    }
    status.oldest = memory.first { waiting(in: $0.numbers) > 0 }?.spooled
    return status
  }

  /// How many of these numbers are not stored at the hub.
  private func waiting(in numbers: ClosedRange<Int64>) -> Int {
    let first = max(numbers.lowerBound, acknowledged + 1)
    guard first <= numbers.upperBound else { return 0 }
    let rest = first...numbers.upperBound
    guard let ahead, ahead.overlaps(rest) else { return rest.count }
    return rest.count - rest.clamped(to: ahead).count
  }

  /// The first number from one on that is not stored at the hub.
  private func firstWaiting(from number: Int64) -> Int64 {
    let first = max(number, acknowledged + 1)
    return if let ahead, ahead.contains(first) { ahead.upperBound + 1 } else { first }
  }
}
