import Synchronization
import Testing
import curlew

@Suite("Turns")
struct TurnsTests {
  /// What is to be read, and what was put in force last.
  private final class Files: Sendable {
    let text = Mutex("old")
    let inForce = Mutex("")
    let reads = Mutex(0)
    let askers = Mutex(0)
  }

  @Test("never overlap: who asks while one is under way gets one that began later, and it is the last to put in force")
  func overlap() async {
    let turns = Turns<String>()
    let files = Files()
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let (gates, gate) = AsyncStream.makeStream(of: Void.self)
    async let first = turns.take {
      let text = files.text.withLock { $0 }
      start.yield()
      for await _ in gates { break }
      files.inForce.withLock { $0 = text }
      return text
    }
    for await _ in started { break }
    files.text.withLock { $0 = "new" }
    let next: @Sendable () async -> String = {
      files.reads.withLock { $0 += 1 }
      let text = files.text.withLock { $0 }
      files.inForce.withLock { $0 = text }
      return text
    }
    let others = await withTaskGroup(of: String.self) { group in
      for _ in 0..<5 {
        group.addTask {
          files.askers.withLock { $0 += 1 }
          return await turns.take(next)
        }
      }
      // The first turn goes on once all have come to ask, so that it would be the last to end if they were let pass.
      while files.askers.withLock({ $0 }) < 5 { await Task.yield() }
      for _ in 0..<100 { await Task.yield() }
      gate.yield()
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(await first == "old")
    #expect(others == Array(repeating: "new", count: 5))
    #expect(files.inForce.withLock { $0 } == "new")
  }

  @Test("of many that ask while one is under way, all share the next one")
  func shared() async {
    let turns = Turns<Int>()
    let files = Files()
    let (gates, gate) = AsyncStream.makeStream(of: Void.self)
    let work: @Sendable () async -> Int = {
      let number = files.reads.withLock { reads in
        reads += 1
        return reads
      }
      if number == 1 { for await _ in gates { break } }
      return number
    }
    let numbers = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<20 { group.addTask { await turns.take(work) } }
      gate.yield()
      return await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(numbers.count <= 20)
    #expect(files.reads.withLock { $0 } == numbers.count, "each turn told all who had waited for it")
    #expect(await turns.take(work) == numbers.count + 1)
  }
}
