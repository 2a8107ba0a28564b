import Fleet
import Glibc
import Model

/// One file of the spool: a head of 24 bytes, and records whose numbers follow each other.
final class SpoolSegment {
  static let headSize = 24
  private static let magic: UInt64 = 0x314c_4f4f_5053_5543  // "CUSPOOL1", least significant byte first

  /// From one mark to the next, in records.
  private static let markPace = 64

  /// Where a record begins.
  private struct Mark {
    var first: Int64
    var offset: Int
  }

  /// What stands where a number is looked for.
  enum Found {
    case whole(SpoolRecord)
    /// A record of these numbers that is not whole any more; what comes behind it is.
    case lost(ClosedRange<Int64>)
    /// Nothing that the rest could be found by.
    case lostFromHere
  }

  let file: SpoolFile
  /// The number that its name bears.
  let first: Int64
  /// The number of its last run; one less than `first` without any.
  private(set) var last: Int64
  /// Up to where it is good.
  private(set) var size: Int
  /// When the newest of its runs was spooled; nil without any.
  private(set) var newest: Timestamp?
  private let disk: any SpoolDisk
  private var recordCount = 0
  /// Every so many records where one begins, in order: no search is longer.
  private var marks: [Mark] = []
  /// Where the record that was read last begins, so that reading on needs no search.
  private var cursor: Mark

  private init(file: SpoolFile, first: Int64, disk: any SpoolDisk) {
    self.file = file
    self.first = first
    self.disk = disk
    last = first - 1
    size = Self.headSize
    cursor = Mark(first: first, offset: Self.headSize)
  }

  /// Whether it holds no runs.
  var isEmpty: Bool { last < first }

  static func name(first: Int64) -> String {
    let digits = String(first)
    return "runs-" + String(repeating: "0", count: max(0, 20 - digits.count)) + digits + ".log"
  }

  /// The number that a name bears; nil for a name that is no segment's.
  static func first(ofName name: String) -> Int64? {
    guard name.hasPrefix("runs-"), name.hasSuffix(".log") else { return nil }
    guard let first = Int64(name.dropFirst(5).dropLast(4)), first > 0, self.name(first: first) == name else {
      return nil
    }
    return first
  }

  private static func head(spool: UInt64, first: Int64) -> [UInt8] {
    var head: [UInt8] = []
    head.append(littleEndian: magic)
    head.append(littleEndian: spool)
    // The first number is in the name; here is what tells a head from a hole.
    head.append(littleEndian: UInt64(CRC32C.checksum(head, after: UInt32(truncatingIfNeeded: first))))
    return head
  }

  // MARK: Writing

  /// Makes a new segment.
  static func create(
    in directory: String, spool: UInt64, first: Int64, disk: any SpoolDisk
  ) throws(SpoolFault) -> SpoolSegment {
    let path = directory + "/" + name(first: first)
    let file = try SpoolFile(path, flags: O_RDWR | O_CREAT | O_TRUNC)
    do throws(SpoolFault) {
      try disk.write(head(spool: spool, first: first), to: file.descriptor, at: 0)
      try disk.synchronize(file.descriptor)
    } catch {
      unlink(path)
      throw SpoolFault("cannot write \(path): \(error)", code: error.code)
    }
    return SpoolSegment(file: file, first: first, disk: disk)
  }

  /// Adds a record; nothing of it stays when that fails.
  func append(_ record: SpoolRecord) throws(SpoolFault) {
    do throws(SpoolFault) {
      try disk.write(record.bytes, to: file.descriptor, at: size)
      try disk.synchronize(file.descriptor)
    } catch {
      try file.truncate(to: size)
      throw SpoolFault("cannot write \(file.path): \(error)", code: error.code)
    }
    note(record)
  }

  private func note(_ record: SpoolRecord) {
    if recordCount % Self.markPace == 0 { marks.append(Mark(first: record.numbers.lowerBound, offset: size)) }
    recordCount += 1
    size += record.size
    last = record.numbers.upperBound
    newest = max(newest ?? record.spooled, record.spooled)
  }

  // MARK: Opening

  /// Opens what an earlier process left, and cuts it off at the first record that is not whole.
  ///
  /// - Returns: the segment, nil where not even its head is; and how many bytes were cut off.
  static func open(
    _ name: String, in directory: String, spool: UInt64, disk: any SpoolDisk
  ) throws(SpoolFault) -> (segment: SpoolSegment?, cut: Int) {
    guard let first = first(ofName: name) else { return (nil, 0) }
    let file = try SpoolFile(directory + "/" + name, flags: O_RDWR)
    let total = try file.size()
    guard try file.read(headSize, at: 0) == head(spool: spool, first: first) else { return (nil, total) }
    let segment = SpoolSegment(file: file, first: first, disk: disk)
    while let record = try segment.record(at: segment.size, within: total) {
      guard record.numbers.lowerBound == segment.last + 1 else { break }
      segment.note(record)
    }
    if segment.size < total { try file.truncate(to: segment.size) }
    return (segment, total - segment.size)
  }

  /// The identity that a file claims to belong to; nil where it is no segment.
  static func spool(of name: String, in directory: String) -> UInt64? {
    guard let first = first(ofName: name), let file = try? SpoolFile(directory + "/" + name, flags: O_RDONLY),
      let head = try? file.read(headSize, at: 0), head.count == headSize
    else { return nil }
    let spool = head.littleEndian(UInt64.self, at: 8)
    return head == Self.head(spool: spool, first: first) ? spool : nil
  }

  // MARK: Reading

  private func read(_ count: Int, at offset: Int) throws(SpoolFault) -> [UInt8] {
    do throws(SpoolFault) {
      return try disk.read(count, from: file.descriptor, at: offset)
    } catch {
      throw SpoolFault("cannot read \(file.path): \(error)", code: error.code)
    }
  }

  private func head(at offset: Int, within end: Int) throws(SpoolFault) -> SpoolRecordHead? {
    guard let head = SpoolRecordHead(try read(SpoolRecord.headSize, at: offset)),
      offset + SpoolRecord.headSize + head.length <= end
    else { return nil }
    return head
  }

  /// The record at a place; nil where none is, or where its checksum is wrong.
  private func record(at offset: Int, within end: Int) throws(SpoolFault) -> SpoolRecord? {
    guard let head = try head(at: offset, within: end) else { return nil }
    let checked = try read(SpoolRecord.headSize - 8 + head.length, at: offset + 8)
    guard checked.count == SpoolRecord.headSize - 8 + head.length, CRC32C.checksum(checked) == head.checksum else {
      return nil
    }
    return SpoolRecord(
      numbers: head.numbers, spooled: head.spooled, payload: Array(checked.dropFirst(SpoolRecord.headSize - 8)))
  }

  /// The head of the record that holds a number, and where it is; nil where none is found.
  private func seek(_ number: Int64, from start: Mark) throws(SpoolFault) -> (head: SpoolRecordHead, place: Mark)? {
    guard number >= first, number <= last else { return nil }
    var place = mark(before: number)
    if start.first <= number, start.offset > place.offset { place = start }
    while let head = try head(at: place.offset, within: size) {
      if head.numbers.contains(number) { return (head, Mark(first: head.first, offset: place.offset)) }
      place.offset += SpoolRecord.headSize + head.length
    }
    return nil
  }

  private func mark(before number: Int64) -> Mark {
    var (low, high) = (0, marks.count)
    while low < high {
      let middle = (low + high) / 2
      if marks[middle].first <= number { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? marks[low - 1] : Mark(first: first, offset: Self.headSize)
  }

  /// What the disk has of the record that holds a number.
  func record(holding number: Int64) throws(SpoolFault) -> Found {
    guard let (head, place) = try seek(number, from: cursor) else { return .lostFromHere }
    cursor = place
    if let record = try record(at: place.offset, within: size) { return .whole(record) }
    let end = place.offset + SpoolRecord.headSize + head.length
    // A head that lies is not followed by the next one.
    let next = end == size ? last + 1 : try self.head(at: end, within: size)?.first
    return next == head.numbers.upperBound + 1 ? .lost(head.numbers) : .lostFromHere
  }

  /// When the run of that number was spooled.
  func time(of number: Int64) throws(SpoolFault) -> Timestamp? {
    try seek(number, from: Mark(first: first, offset: Self.headSize))?.head.spooled
  }

  /// Lets go of the records from a number on: another segment has them, or the disk has lost them. The file stays as it is.
  func end(before number: Int64) throws(SpoolFault) {
    var end = Self.headSize
    var (kept, count) = (first - 1, 0)
    var newest: Timestamp?
    while let head = try head(at: end, within: size), head.first == kept + 1, head.numbers.upperBound < number {
      end += SpoolRecord.headSize + head.length
      kept = head.numbers.upperBound
      count += 1
      newest = max(newest ?? head.spooled, head.spooled)
    }
    (last, size, recordCount, self.newest) = (kept, end, count, newest)
    marks.removeAll { $0.offset >= end }
    cursor = Mark(first: first, offset: Self.headSize)
  }
}
