import Testing
import Transport

@Suite("Bounded cache") struct BoundedCacheTests {
  @Test("what is asked for stays, whatever else comes")
  func keepsWhatIsUsed() {
    var cache = BoundedCache<Int, String>(capacity: 8)
    cache.insert("kept", for: 0)
    for number in 1...1000 {
      cache.insert("\(number)", for: number)
      #expect(cache.value(for: 0) == "kept")
      #expect(cache.count <= 8)
    }
  }

  @Test("what is not asked for goes, and the rest is bounded")
  func drops() {
    var cache = BoundedCache<Int, Int>(capacity: 8)
    for number in 0..<100 { cache.insert(number, for: number) }
    #expect(cache.value(for: 0) == nil)
    #expect(cache.value(for: 99) == 99)
    #expect(cache.count <= 8)
  }
}
