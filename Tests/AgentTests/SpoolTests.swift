import Agent
import Fleet
import Foundation
import Glibc
import Model
import Synchronization
import Testing

@Suite("Spool")
struct SpoolTests {
  /// Gone with the test.
  private let folder: Folder

  init() throws {
    folder = try Folder()
  }

  private static let moment = Timestamp(secondsSinceEpoch: 1_767_225_600)
  private static let uptime = Duration.seconds(1000)

  /// Runs whose number of attempts tells them apart.
  private static func runs(_ range: ClosedRange<Int>) throws -> [FleetRun] {
    let check = try #require(CheckID("shop"))
    return range.map { number in
      FleetRun(
        run: HistoryRun(
          check: check, region: "eu", node: "n1", slotStart: moment + .seconds(number), interval: .seconds(60),
          duration: .milliseconds(12), verdict: .up, attempts: number), configuration: 3, epoch: 2)
    }
  }

  private static func attempts(_ spool: Spool, from number: Int64 = 1, limit: Int = 10_000) throws -> [Int] {
    try spool.read(from: number, limit: limit)?.runs.map(\.run.attempts) ?? []
  }

  private static func open(
    _ folder: Folder, _ settings: Spool.Settings = Spool.Settings(), disk: any SpoolDisk = SystemDisk()
  ) throws -> Spool {
    try Spool(at: folder.path, settings: settings, identity: 42, disk: disk)
  }

  @Test("Runs keep their numbers and their order, and outlive the process")
  func keeping() throws {
    do {
      let spool = try Self.open(folder)
      spool.append(try Self.runs(1...3), at: Self.moment, uptime: Self.uptime)
      spool.append(try Self.runs(4...5), at: Self.moment + .seconds(1), uptime: Self.uptime)
      #expect(spool.last == 5)
      #expect(spool.status.length == 5)
    }
    let spool = try Self.open(folder)
    #expect(spool.identity == 42)
    #expect(spool.last == 5)
    #expect(spool.finding.isNothing)
    #expect(try Self.attempts(spool) == [1, 2, 3, 4, 5])
    let part = try #require(try spool.read(from: 3, limit: 2))
    #expect(part.first == 3 && part.oldest == 1 && part.runs.map(\.run.attempts) == [3, 4])
    spool.append(try Self.runs(6...6), at: Self.moment + .seconds(2), uptime: Self.uptime)
    #expect(try Self.attempts(spool, from: 5) == [5, 6])
    #expect(spool.status.oldest == Self.moment)
  }

  @Test("What the hub has is let go, and stays let go")
  func releasing() throws {
    do {
      let spool = try Self.open(folder)
      spool.append(try Self.runs(1...10), at: Self.moment, uptime: Self.uptime)
      spool.release(through: 7)
      #expect(spool.status.length == 3)
    }
    do {
      let spool = try Self.open(folder)
      #expect(spool.acknowledged == 7)
      #expect(try Self.attempts(spool, from: 8) == [8, 9, 10])
      spool.release(through: 10)
      #expect(spool.status.length == 0)
      #expect(spool.status.oldest == nil)
    }
    let spool = try Self.open(folder)
    #expect(try spool.read(from: 1, limit: 10) == nil)
    #expect(spool.last == 10)
    spool.append(try Self.runs(11...11), at: Self.moment, uptime: Self.uptime)
    #expect(try #require(try spool.read(from: 11, limit: 5)).first == 11)
  }

  @Test("A hub that knows more than the spool moves its numbers on")
  func hubKnowsMore() throws {
    let spool = try Self.open(folder)
    spool.release(through: 500)
    spool.append(try Self.runs(1...1), at: Self.moment, uptime: Self.uptime)
    #expect(spool.last == 501)
  }

  @Test("A tail torn at any byte takes no more than the record it tore")
  func tornTails() throws {
    let origin = folder
    do {
      let spool = try Self.open(origin)
      for number in 1...4 { spool.append(try Self.runs(number...number), at: Self.moment, uptime: Self.uptime) }
    }
    let name = try #require(origin.segments.first)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: origin.path + "/" + name))
    let recordSize = (bytes.count - 24) / 4
    for end in 0..<bytes.count {
      let folder = try Folder(copying: origin)
      try bytes.prefix(end).write(to: URL(fileURLWithPath: folder.path + "/" + name))
      let spool = try Self.open(folder)
      let whole = max(0, end - 24) / recordSize
      #expect(try Self.attempts(spool) == Array(1...4).prefix(whole).map { $0 }, "cut at \(end)")
      let isBoundary = end >= 24 && (end - 24) % recordSize == 0
      #expect((spool.finding.cutBytes == 0) == (isBoundary || end == 0), "cut at \(end)")
      // No number that anybody may have been told is given to another run.
      spool.append(try Self.runs(9...9), at: Self.moment, uptime: Self.uptime)
      #expect(spool.last > 4 || isBoundary, "cut at \(end)")
      let next = try #require(try spool.read(from: Int64(whole) + 1, limit: 10))
      #expect(next.first == spool.last && next.runs.map(\.run.attempts) == [9])
      #expect(next.oldest == (next.first > Int64(whole) + 1 ? next.first : min(1, next.first)) || whole == 0)
    }
  }

  @Test("A byte changed anywhere is found, and what stands before it is kept")
  func changedBytes() throws {
    let origin = folder
    do {
      let spool = try Self.open(origin)
      for number in 1...3 { spool.append(try Self.runs(number...number), at: Self.moment, uptime: Self.uptime) }
    }
    let name = try #require(origin.segments.first)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: origin.path + "/" + name))
    let recordSize = (bytes.count - 24) / 3
    for place in bytes.indices {
      let folder = try Folder(copying: origin)
      var changed = bytes
      changed[place] ^= 0x10
      try changed.write(to: URL(fileURLWithPath: folder.path + "/" + name))
      let spool = try Self.open(folder)
      let whole = place < 24 ? 0 : (place - 24) / recordSize
      #expect(try Self.attempts(spool) == Array(1...3).prefix(whole).map { $0 }, "byte \(place)")
      #expect(!spool.finding.isNothing, "byte \(place)")
      #expect(spool.last > 3)
    }
  }

  @Test("A position torn at any byte is read from its other copy")
  func tornPosition() throws {
    let origin = folder
    do {
      let spool = try Self.open(origin)
      spool.append(try Self.runs(1...9), at: Self.moment, uptime: Self.uptime)
      spool.release(through: 4)
      spool.release(through: 5)
    }
    let path = "/position"
    let bytes = try Data(contentsOf: URL(fileURLWithPath: origin.path + path))
    for place in bytes.indices {
      let folder = try Folder(copying: origin)
      var changed = bytes
      changed[place] ^= 1
      try changed.write(to: URL(fileURLWithPath: folder.path + path))
      let spool = try Self.open(folder)
      #expect(spool.identity == 42)
      #expect([4, 5].contains(spool.acknowledged))
      #expect(try Self.attempts(spool, from: 6) == [6, 7, 8, 9])
    }
  }

  @Test("Beyond its size the oldest segments are dropped, and their runs counted")
  func sizeCap() throws {
    let settings = Spool.Settings(maxBytes: 8_000, segmentBytes: 1_000)
    let spool = try Self.open(folder, settings)
    for number in 1...400 { spool.append(try Self.runs(number...number), at: Self.moment, uptime: Self.uptime) }
    let status = spool.status
    #expect(status.bytes <= 8_000)
    #expect(status.dropped > 0)
    #expect(status.dropped + status.length == 400)
    let batch = try #require(try spool.read(from: 1, limit: 1_000))
    #expect(batch.first == Int64(status.dropped) + 1)
    #expect(batch.oldest == batch.first)
    #expect(batch.runs.map(\.run.attempts) == Array((status.dropped + 1)...400))
  }

  @Test("What has waited longer than the bound is dropped, and counted")
  func ageCap() throws {
    let spool = try Self.open(folder, Spool.Settings(maxAge: .hours(1), segmentBytes: 1))
    spool.append(try Self.runs(1...5), at: Self.moment, uptime: Self.uptime)
    spool.append(try Self.runs(6...7), at: Self.moment + .minutes(50), uptime: Self.uptime)
    spool.append(try Self.runs(8...8), at: Self.moment + .minutes(61), uptime: Self.uptime)
    #expect(try Self.attempts(spool) == [6, 7, 8])
    #expect(spool.status.dropped == 5)
  }

  @Test("On a full disk it goes on in memory, and writes what it held once there is room")
  func fullDisk() throws {
    let disk = FlakyDisk()
    do {
      let spool = try Self.open(folder, disk: disk)
      spool.append(try Self.runs(1...2), at: Self.moment, uptime: Self.uptime)
      disk.isFull = true
      spool.append(try Self.runs(3...4), at: Self.moment, uptime: Self.uptime)
      #expect(try #require(spool.status.diskError).contains("No space left on device"))
      #expect(try Self.attempts(spool, limit: 3) == [1, 2, 3])
      #expect(spool.status.length == 4)
      disk.isFull = false
      // Not tried again at once.
      spool.append(try Self.runs(5...5), at: Self.moment, uptime: Self.uptime + .seconds(9))
      #expect(spool.status.diskError != nil)
      spool.append(try Self.runs(6...6), at: Self.moment, uptime: Self.uptime + .seconds(10))
      #expect(spool.status.diskError == nil)
    }
    let spool = try Self.open(folder)
    #expect(try Self.attempts(spool) == [1, 2, 3, 4, 5, 6])
    #expect(spool.finding.isNothing)
  }

  @Test(
    "A segment that was made before a failure, or before the end of the process, never takes another's file with it")
  func emptySegments() throws {
    let disk = FlakyDisk()
    do {
      let spool = try Self.open(folder, disk: disk)
      spool.append(try Self.runs(1...2), at: Self.moment, uptime: Self.uptime)
    }
    // Heads of 24 bytes have their room, records have not.
    disk.room = 24
    do {
      let spool = try Self.open(folder, disk: disk)
      for attempt in 0..<5 {
        spool.append(
          try Self.runs((3 + attempt)...(3 + attempt)), at: Self.moment,
          uptime: Self.uptime + .seconds(10 * Int64(attempt)))
        #expect(folder.segments.count == 1)
      }
      disk.room = nil
      spool.append(try Self.runs(8...8), at: Self.moment, uptime: Self.uptime + .seconds(100))
      spool.release(through: 2)
    }
    // As a process that was killed leaves it: a head, and no record.
    let next = folder.path + "/runs-00000000000000000009.log"
    do {
      let other = try Folder()
      let spool = try Self.open(other)
      spool.release(through: 8)
      spool.append(try Self.runs(9...9), at: Self.moment, uptime: Self.uptime)
      try Data(contentsOf: URL(fileURLWithPath: other.path + "/runs-00000000000000000009.log")).prefix(24)
        .write(to: URL(fileURLWithPath: next))
    }
    do {
      let spool = try Self.open(folder)
      #expect(spool.finding.isNothing)
      spool.append(try Self.runs(9...9), at: Self.moment, uptime: Self.uptime)
      spool.release(through: 8)
      spool.append(try Self.runs(10...10), at: Self.moment, uptime: Self.uptime)
    }
    let spool = try Self.open(folder)
    #expect(spool.finding.isNothing)
    #expect(try Self.attempts(spool, from: 9) == [9, 10])
  }

  @Test("A record that two segments hold is read once, and nothing is put aside for it")
  func overlappingSegments() throws {
    // The disk said that it had not written a record, and it had: the next segment has it too.
    let other = try Folder()
    for (folder, isOne) in [(folder, true), (other, false)] {
      let spool = try Self.open(folder)
      spool.append(try Self.runs(1...3), at: Self.moment, uptime: Self.uptime)
      if isOne { spool.append(try Self.runs(4...5), at: Self.moment, uptime: Self.uptime) }
    }
    do {
      let spool = try Self.open(other)
      spool.append(try Self.runs(4...6), at: Self.moment, uptime: Self.uptime)
    }
    let second = try #require(other.segments.last)
    try FileManager.default.copyItem(atPath: other.path + "/" + second, toPath: folder.path + "/" + second)
    let spool = try Self.open(folder)
    #expect(spool.finding.isNothing)
    #expect(try Self.attempts(spool) == [1, 2, 3, 4, 5, 6])
    #expect(spool.status.length == 6)
    #expect(spool.last == 6)
  }

  @Test("A disk that cannot be read for a moment takes nothing away")
  func unreadable() throws {
    let disk = FlakyDisk()
    let spool = try Self.open(folder, disk: disk)
    spool.append(try Self.runs(1...4), at: Self.moment, uptime: Self.uptime)
    disk.isUnreadable = true
    #expect(throws: SpoolFault.self) { try spool.read(from: 1, limit: 10) }
    #expect(spool.status.diskError?.contains("Input/output error") == true)
    disk.isUnreadable = false
    #expect(try Self.attempts(spool) == [1, 2, 3, 4])
    #expect(spool.status.diskError == nil && spool.status.dropped == 0 && spool.status.length == 4)
  }

  @Test("A record that the disk loses is passed over, and counted once", arguments: [1, 3])
  func lostRecord(number: Int) throws {
    let spool = try Self.open(folder)
    for number in 1...4 { spool.append(try Self.runs(number...number), at: Self.moment, uptime: Self.uptime) }
    let path = folder.path + "/" + (try #require(folder.segments.first))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let recordSize = (bytes.count - 24) / 4
    // Within its runs, behind its head.
    try Self.change(path, at: 24 + number * recordSize - 1)
    for _ in 0..<2 {
      #expect(try Self.attempts(spool) == Array(number == 1 ? 2...4 : 1...2))
      #expect(try Self.attempts(spool, from: Int64(number)) == Array((number + 1)...4))
      #expect(spool.status.dropped == 1 && spool.status.length == 3)
    }
  }

  @Test("Behind a head that the disk loses nothing is found, and what stands before it is kept")
  func lostHead() throws {
    let spool = try Self.open(folder)
    for number in 1...4 { spool.append(try Self.runs(number...number), at: Self.moment, uptime: Self.uptime) }
    let path = folder.path + "/" + (try #require(folder.segments.first))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try Self.change(path, at: 24 + 2 * (bytes.count - 24) / 4 + 8)
    #expect(try Self.attempts(spool) == [1, 2])
    #expect(try spool.read(from: 3, limit: 10) == nil)
    #expect(spool.status.dropped == 2 && spool.status.length == 2)
    spool.append(try Self.runs(5...5), at: Self.moment, uptime: Self.uptime)
    #expect(try #require(try spool.read(from: 3, limit: 10)).first == 5)
    #expect(try Self.attempts(spool) == [1, 2])
  }

  private static func change(_ path: String, at place: Int) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: UInt64(place))
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: UInt64(place))
    try file.write(contentsOf: [byte ^ 0x10])
    try file.close()
  }

  @Test("What is read at both ends of a segment is found without going through what lies between")
  func reading() throws {
    let disk = FlakyDisk()
    let spool = try Self.open(folder, disk: disk)
    for number in 1...700 {
      spool.append(try Self.runs(number...number), at: Self.moment + .seconds(number), uptime: Self.uptime)
    }
    let before = disk.reads
    for _ in 0..<10 {
      #expect(try Self.attempts(spool, from: 1, limit: 1) == [1])
      #expect(try Self.attempts(spool, from: 699, limit: 1) == [699])
      #expect(spool.status.oldest == Self.moment + .seconds(1))
    }
    #expect(disk.reads - before < 10 * 100)
    let all = disk.reads
    #expect(try Self.attempts(spool).count == 700)
    #expect(disk.reads - all < 5 * 700)
  }

  @Test("What the disk did not take is written at the end, however short ago it failed")
  func flush() throws {
    let disk = FlakyDisk()
    do {
      let spool = try Self.open(folder, disk: disk)
      disk.isFull = true
      spool.append(try Self.runs(1...3), at: Self.moment, uptime: Self.uptime)
      disk.isFull = false
      spool.append(try Self.runs(4...4), at: Self.moment, uptime: Self.uptime + .seconds(1))
      #expect(spool.status.diskError != nil)
      spool.flush(at: Self.uptime + .seconds(1))
      #expect(spool.status.diskError == nil)
    }
    #expect(try Self.attempts(try Self.open(folder)) == [1, 2, 3, 4])
  }

  @Test("Age counts though nothing new comes, and no number of what was dropped is given to another run")
  func ageAlone() throws {
    do {
      let spool = try Self.open(folder)
      spool.append(try Self.runs(1...5), at: Self.moment, uptime: Self.uptime)
      spool.tend(at: Self.moment + .hours(23), uptime: Self.uptime)
      #expect(spool.status.length == 5)
      spool.tend(at: Self.moment + .hours(25), uptime: Self.uptime)
      #expect(spool.status.length == 0 && spool.status.dropped == 5 && spool.status.oldest == nil)
    }
    #expect(try Self.open(folder).last == 5)
  }

  @Test("No run waits for longer than hubs take it")
  func longestAge() {
    #expect(Spool.Settings(maxAge: .hours(30)).maxAge == FleetProtocol.latenessBound)
    #expect(Spool.Settings(maxAge: .hours(3)).maxAge == .hours(3))
  }

  @Test("What the hub has ahead of a backlog does not wait")
  func ahead() throws {
    let spool = try Self.open(folder, Spool.Settings(segmentBytes: 1))
    for number in 1...10 {
      spool.append(try Self.runs(number...number), at: Self.moment + .seconds(number), uptime: Self.uptime)
    }
    spool.setAhead(7...9)
    #expect(spool.status.length == 7)
    spool.release(through: 5)
    spool.setAhead(6...9)
    #expect(spool.status.length == 1)
    #expect(spool.status.oldest == Self.moment + .seconds(10))
    spool.setAhead(nil)
    #expect(spool.status.length == 5)
  }

  @Test("A spool that holds another node's runs is not opened before they are sent")
  func owner() throws {
    let (first, second) = (Spool.Owner(node: "a", region: "eu"), Spool.Owner(node: "a", region: "us"))
    func open(_ owner: Spool.Owner?) throws -> Spool { try Spool(at: folder.path, identity: 42, owner: owner) }
    // One that nobody has said anything of is the first one's who does.
    try open(nil).append(try Self.runs(1...2), at: Self.moment, uptime: Self.uptime)
    #expect(try open(first).status.length == 2)
    #expect(Spool.known(of: folder.path)?.owner == first)
    for _ in 0..<2 {
      let fault = #expect(throws: SpoolFault.self) { try open(second) }
      #expect(fault?.description.contains("holds runs of node 'a' of region 'eu' that are not sent yet") == true)
    }
    try open(first).release(through: 2)
    try open(second).append(try Self.runs(3...3), at: Self.moment, uptime: Self.uptime)
    #expect(Spool.known(of: folder.path)?.owner == second)
    #expect(throws: SpoolFault.self) { try open(first) }
  }

  @Test("What was in memory alone when the process ended is lost, and its numbers with it")
  func lostMemory() throws {
    let disk = FlakyDisk()
    do {
      let spool = try Self.open(folder, disk: disk)
      spool.append(try Self.runs(1...2), at: Self.moment, uptime: Self.uptime)
      disk.isFull = true
      spool.append(try Self.runs(3...4), at: Self.moment, uptime: Self.uptime)
      #expect(spool.last == 4)
    }
    let spool = try Self.open(folder)
    #expect(try Self.attempts(spool) == [1, 2])
    spool.append(try Self.runs(5...5), at: Self.moment, uptime: Self.uptime)
    #expect(spool.last > 4)
    let batch = try #require(try spool.read(from: 3, limit: 5))
    #expect(batch.oldest == batch.first && batch.first == spool.last)
  }

  @Test("Memory has its bound too")
  func memoryBound() throws {
    let disk = FlakyDisk()
    let spool = try Self.open(folder, Spool.Settings(memoryBytes: 2_000), disk: disk)
    disk.isFull = true
    for number in 1...100 { spool.append(try Self.runs(number...number), at: Self.moment, uptime: Self.uptime) }
    let status = spool.status
    #expect(status.bytes <= 2_100 && status.dropped + status.length == 100 && status.dropped > 0)
  }

  @Test("A spool has one process at a time")
  func lock() throws {
    let spool = try Self.open(folder)
    #expect(Spool.known(of: folder.path)?.identity == 42)
    let fault = #expect(throws: SpoolFault.self) { try Self.open(folder) }
    #expect(fault?.code == EWOULDBLOCK)
    withExtendedLifetime(spool) {}
  }

  @Test("Files are their owner's alone")
  func modes() throws {
    let spool = try Self.open(folder)
    spool.append(try Self.runs(1...1), at: Self.moment, uptime: Self.uptime)
    for name in folder.names {
      var status = stat()
      #expect(stat(folder.path + "/" + name, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600, "\(name)")
    }
  }

  @Test("A run that was given up is passed over")
  func givingUp() throws {
    let spool = try Self.open(folder)
    spool.append(try Self.runs(1...5), at: Self.moment, uptime: Self.uptime)
    spool.giveUp(1)
    spool.giveUp(4)
    let first = try #require(try spool.read(from: 1, limit: 10))
    #expect(first.first == 2 && first.oldest == 2 && first.runs.map(\.run.attempts) == [2, 3])
    let second = try #require(try spool.read(from: 4, limit: 10))
    #expect(second.first == 5 && second.oldest == 5)
    #expect(spool.status.dropped == 2)
    #expect(spool.status.length == 3)
  }
}

/// A folder that is gone with the test.
final class Folder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/curlew-spool-XXXXXX".utf8CString)
    path = try template.withUnsafeMutableBufferPointer { buffer in
      String(cString: try #require(buffer.baseAddress.flatMap { mkdtemp($0) }))
    }
  }

  convenience init(copying other: Folder) throws {
    try self.init()
    for name in other.names {
      try FileManager.default.copyItem(atPath: other.path + "/" + name, toPath: path + "/" + name)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

  var segments: [String] { names.filter { $0.hasPrefix("runs-") }.sorted() }
}

/// A disk that can be full for segments, or unreadable; the position, which is written in place, always has its room.
final class FlakyDisk: SpoolDisk, Sendable {
  private struct State {
    var isFull = false
    var room: Int?
    var isUnreadable = false
    var reads = 0
  }
  private let state = Mutex(State())

  var isFull: Bool {
    get { state.withLock { $0.isFull } }
    set { state.withLock { $0.isFull = newValue } }
  }
  /// So many bytes fit at a time where it is not full; nil where everything does.
  var room: Int? {
    get { state.withLock { $0.room } }
    set { state.withLock { $0.room = newValue } }
  }
  var isUnreadable: Bool {
    get { state.withLock { $0.isUnreadable } }
    set { state.withLock { $0.isUnreadable = newValue } }
  }
  /// How often it was read.
  var reads: Int { state.withLock { $0.reads } }

  func write(_ bytes: [UInt8], to descriptor: CInt, at offset: Int) throws(SpoolFault) {
    // Half of it gets there, as on a real disk.
    let isPosition = bytes.count == 184
    guard isFull || bytes.count > room ?? .max, !isPosition else {
      return try SystemDisk().write(bytes, to: descriptor, at: offset)
    }
    try SystemDisk().write(Array(bytes.prefix(bytes.count / 2)), to: descriptor, at: offset)
    throw SpoolFault("No space left on device", code: ENOSPC)
  }

  func synchronize(_ descriptor: CInt) throws(SpoolFault) { try SystemDisk().synchronize(descriptor) }

  func read(_ count: Int, from descriptor: CInt, at offset: Int) throws(SpoolFault) -> [UInt8] {
    state.withLock { $0.reads += 1 }
    if isUnreadable { throw SpoolFault("Input/output error", code: EIO) }
    return try SystemDisk().read(count, from: descriptor, at: offset)
  }
}
