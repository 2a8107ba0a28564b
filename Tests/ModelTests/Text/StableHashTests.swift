import Model
import Testing

@Suite("A hash that lasts")
struct StableHashTests {
  @Test(
    "is FNV-1a of what was added, in whatever pieces",
    arguments: [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
      as [(String, UInt64)])
  func known(text: String, value: UInt64) {
    var hash = StableHash()
    hash.add(text)
    #expect(hash.value == value)
    var pieces = StableHash()
    for byte in text.utf8 { pieces.add([byte]) }
    #expect(pieces.value == value)
  }

  // Hubs and nodes of different versions reckon by these who runs what.
  @Test(
    "of a name is the same in every version",
    arguments: [
      ("eu-west", 14_794_537_288_553_954_486), ("probe-1", 7_667_662_402_699_212_465),
      ("probe-2", 3_396_486_350_781_366_944), ("", 14_087_677_454_934_409_008),
    ] as [(String, UInt64)])
  func names(text: String, value: UInt64) {
    #expect(StableHash.of(text) == value)
  }

  @Test("is mixed as SplitMix64 mixes, whose first number from 0 is known")
  func mixed() {
    #expect(StableHash.mixed(0) == 0xe220_a839_7b1d_cdaf)
  }

  // Stores hold these: a copy that was begun by another version goes on where it was.
  @Test("of what was copied is the same in every version")
  func prints() {
    var print = ArchivePrint()
    #expect(print.number == -3_750_763_034_362_895_579)
    print.combine(-1)
    #expect(print.number == 5_808_589_857_150_339_037)
    print.combine("eu" as String?)
    #expect(print.number == -4_408_292_356_008_409_877)
    print.combine(nil as String?)
    #expect(print.number == -8_860_326_338_813_288_525)
  }
}
