import Glibc

/// What a spool knows besides its runs: kept in one small file that is written in place, which works on a full disk too.
///
/// Two copies take turns, so that a torn write leaves the other one.
struct SpoolPosition: Hashable {
  static let name = "position"
  private static let size = 184
  /// A name and its length.
  private static let nameSize = 64
  private static let magic: UInt64 = 0x3253_4f50_5753_5543  // "CUSWPOS2", least significant byte first

  /// The identity of the spool.
  var spool: UInt64
  /// The hub has everything up to this number.
  var acknowledged: Int64 = 0
  /// Numbers up to this one may have been given away without having been written.
  var reserved: Int64 = 0
  /// Runs that were dropped since the spool was made.
  var dropped: Int64 = 0
  /// Whose runs it holds; nil where nobody said so.
  var owner: Spool.Owner?
  private var generation: UInt64 = 0

  init(spool: UInt64) {
    self.spool = spool
  }

  private init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.size, bytes.littleEndian(UInt64.self, at: 0) == Self.magic,
      bytes.littleEndian(UInt64.self, at: 176) == UInt64(CRC32C.checksum(bytes[..<176]))
    else { return nil }
    spool = bytes.littleEndian(UInt64.self, at: 8)
    acknowledged = bytes.littleEndian(Int64.self, at: 16)
    reserved = bytes.littleEndian(Int64.self, at: 24)
    dropped = bytes.littleEndian(Int64.self, at: 32)
    generation = bytes.littleEndian(UInt64.self, at: 40)
    let (node, region) = (Self.name(in: bytes[48..<112]), Self.name(in: bytes[112..<176]))
    if !node.isEmpty { owner = Spool.Owner(node: node, region: region) }
  }

  private static func name(in field: ArraySlice<UInt8>) -> String {
    String(decoding: field.dropFirst().prefix(Int(field.first ?? 0)), as: UTF8.self)
  }

  private static func field(of name: String) -> [UInt8] {
    // Longer ones are no names of nodes or regions.
    let text = Array(name.utf8.prefix(nameSize - 1))
    return [UInt8(text.count)] + text + [UInt8](repeating: 0, count: nameSize - 1 - text.count)
  }

  /// Reads the newer of the two copies; nil where neither is whole.
  static func read(from file: SpoolFile) throws(SpoolFault) -> SpoolPosition? {
    let bytes = try file.read(2 * size, at: 0)
    let copies = [Array(bytes.prefix(size)), Array(bytes.dropFirst(size))].compactMap { SpoolPosition($0) }
    return copies.max { $0.generation < $1.generation }
  }

  /// Writes over the older copy.
  mutating func write(to file: SpoolFile, disk: any SpoolDisk) throws(SpoolFault) {
    generation += 1
    var bytes: [UInt8] = []
    bytes.append(littleEndian: Self.magic)
    bytes.append(littleEndian: spool)
    bytes.append(littleEndian: acknowledged)
    bytes.append(littleEndian: reserved)
    bytes.append(littleEndian: dropped)
    bytes.append(littleEndian: generation)
    bytes += Self.field(of: owner?.node ?? "") + Self.field(of: owner?.region ?? "")
    bytes.append(littleEndian: UInt64(CRC32C.checksum(bytes)))
    do throws(SpoolFault) {
      try disk.write(bytes, to: file.descriptor, at: generation % 2 == 0 ? 0 : Self.size)
    } catch {
      throw SpoolFault("cannot write \(file.path): \(error)", code: error.code)
    }
  }
}
