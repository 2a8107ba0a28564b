import Glibc
import Synchronization

/// Random identifiers in lower-case hex: W3C trace ids (32 digits), span and run ids (16 digits).
enum RandomHex {
  /// Words from the system's generator, taken many at a time, since each call of getrandom(2) costs as much as an identifier.
  /// They tell runs apart and guard nothing, so it does no harm that they lie in memory for a while.
  private static let pool = Mutex<[UInt64]>([])
  private static let poolSize = 128

  /// - Parameter count: a multiple of 16.
  static func digits(_ count: Int) -> String {
    let alphabet: StaticString = "0123456789abcdef"
    return String(unsafeUninitializedCapacity: count) { buffer in
      var index = 0
      while index < count {
        // The specification forbids an id of zeros alone; the lowest bit of each word is set to be sure.
        var word = nextWord() | 1
        for _ in 0..<min(16, count - index) {
          buffer[index] = alphabet.utf8Start[Int(word & 15)]
          word >>= 4
          index += 1
        }
      }
      return count
    }
  }

  private static func nextWord() -> UInt64 {
    pool.withLock { pool in
      if pool.isEmpty {
        pool = Array(unsafeUninitializedCapacity: poolSize) { buffer, count in
          // arc4random_buf(3): fills all of it, and never fails.
          if let base = buffer.baseAddress { arc4random_buf(base, buffer.count * MemoryLayout<UInt64>.size) }
          count = buffer.count
        }
      }
      return pool.removeLast()
    }
  }
}
