import Model
import Testing

@Suite("A number of variable length")
struct VarintTests {
  @Test(
    "is read as it was written",
    arguments: [0, 1, 127, 128, 300, 16_383, 16_384, 1 << 32, .max >> 1, .max] as [UInt64])
  func roundTrip(number: UInt64) {
    var bytes: [UInt8] = []
    bytes.appendVarint(number)
    bytes.appendVarint(7)
    var reader = VarintReader(bytes)
    #expect(reader.next() == number)
    #expect(!reader.isAtEnd)
    #expect(reader.next() == 7)
    #expect(reader.isAtEnd)
    var place = 0
    #expect(bytes.varint(at: &place) == number)
    #expect(place == bytes.count - 1)
    #expect(bytes.varint(at: &place) == 7)
    #expect(place == bytes.count)
    #expect(bytes.varint(at: &place) == nil)
  }

  @Test(
    "is none where the bytes end within it, or say more than 64 bits",
    arguments: [
      [], [0x80], [0xff, 0xff], [UInt8](repeating: 0xff, count: 9) + [0x02], [UInt8](repeating: 0x80, count: 10) + [0],
      [UInt8](repeating: 0xff, count: 100),
    ])
  func damaged(bytes: [UInt8]) {
    var reader = VarintReader(bytes)
    #expect(reader.next() == nil)
    var place = 0
    #expect(bytes.varint(at: &place) == nil)
    #expect(place == 0)
  }
}
