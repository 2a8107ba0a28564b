import Fleet
import Model

/// Runs that were spooled together, as they stand in a segment: a head of 28 bytes, then `RunCoding`.
///
/// | bytes | what |
/// |---|---|
/// | 4 | length of what follows the head |
/// | 4 | CRC-32C of everything behind this number |
/// | 8 | number of the first run |
/// | 4 | how many runs |
/// | 8 | when they were spooled, in milliseconds since the epoch |
struct SpoolRecord {
  static let headSize = 28
  /// A record that says that it is longer is none.
  static let longest = 16 << 20

  /// The numbers of its runs.
  var numbers: ClosedRange<Int64>
  var spooled: Timestamp
  /// `RunCoding` of its runs.
  var payload: [UInt8]

  /// How many bytes it has in a segment.
  var size: Int { Self.headSize + payload.count }

  /// As it stands in a segment.
  var bytes: [UInt8] {
    var checked: [UInt8] = []
    checked.reserveCapacity(20 + payload.count)
    checked.append(littleEndian: numbers.lowerBound)
    checked.append(littleEndian: UInt32(numbers.count))
    checked.append(littleEndian: spooled.millisecondsSinceEpoch)
    checked += payload
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    bytes.append(littleEndian: UInt32(payload.count))
    bytes.append(littleEndian: CRC32C.checksum(checked))
    return bytes + checked
  }

  /// The runs themselves.
  ///
  /// - Throws: where the payload is none, which its checksum makes a fault of ours.
  func runs() throws(CodingFault) -> [FleetRun] {
    let runs = try RunCoding.runs(payload)
    guard runs.count == numbers.count else { throw CodingFault("\(runs.count) runs in place of \(numbers.count)") }
    return runs
  }
}

/// What stands before a record's payload.
struct SpoolRecordHead {
  var length: Int
  var checksum: UInt32
  var first: Int64
  var count: Int
  var spooled: Timestamp

  /// - Returns: nil where no record can begin so.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == SpoolRecord.headSize else { return nil }
    length = Int(bytes.littleEndian(UInt32.self, at: 0))
    checksum = bytes.littleEndian(UInt32.self, at: 4)
    first = bytes.littleEndian(Int64.self, at: 8)
    count = Int(bytes.littleEndian(UInt32.self, at: 16))
    spooled = Timestamp(millisecondsSinceEpoch: bytes.littleEndian(Int64.self, at: 20))
    guard length > 0, length <= SpoolRecord.longest, count > 0, count <= length, first > 0, first < 1 << 60 else {
      return nil
    }
  }

  var numbers: ClosedRange<Int64> { first...(first + Int64(count) - 1) }
}
