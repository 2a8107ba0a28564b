/// Writes numbers in Elias' gamma code: as many zeros as the number has bits after its first, and then the number.
struct BitWriter {
  /// What was written; the bits that are left of the last byte are zeros.
  private(set) var bytes: [UInt8]
  /// How many bits of the last byte are taken; 8 for a whole one.
  private var taken = 8

  /// - Parameter bytes: what stands before the first bit.
  init(after bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Appends a number above zero.
  mutating func append(gamma number: UInt64) {
    precondition(number > 0, "gamma codes begin with one")
    let width = 64 - number.leadingZeroBitCount
    append(0, width: width - 1)
    append(number, width: width)
  }

  private mutating func append(_ bits: UInt64, width: Int) {
    var left = width
    while left > 0 {
      if taken == 8 {
        bytes.append(0)
        taken = 0
      }
      let count = min(left, 8 - taken)
      let piece = UInt8(truncatingIfNeeded: bits >> UInt64(left - count)) & UInt8(truncatingIfNeeded: (1 << count) - 1)
      bytes[bytes.count - 1] |= piece << UInt8(8 - taken - count)
      taken += count
      left -= count
    }
  }
}

/// Reads what `BitWriter` wrote, off bytes of any origin.
struct BitReader<Bytes: Collection<UInt8>> {
  private var rest: Bytes
  private var window: UInt64 = 0
  /// How many bits of the window, from its top, are still to be read.
  private var available = 0
  private var position: Bytes.Index
  /// Whether all that is left are the zeros that fill up the last byte.
  private(set) var isAtEnd = false

  init(_ bytes: Bytes) {
    rest = bytes
    position = bytes.startIndex
  }

  /// The next number; nil at the end, and for bits that are no number.
  mutating func gamma() -> UInt64? {
    fill()
    let zeros = window.leadingZeroBitCount
    guard zeros < available else {
      isAtEnd = available < 8
      return nil
    }
    // What is counted has less than 2^48 of it, and is read whole from a window that holds 57 bits or more.
    guard zeros < 48 else { return nil }
    consume(zeros)
    fill()
    guard zeros + 1 <= available else { return nil }
    let number = window >> UInt64(63 - zeros)
    consume(zeros + 1)
    return number
  }

  private mutating func consume(_ count: Int) {
    window <<= UInt64(count)
    available -= count
  }

  private mutating func fill() {
    while available <= 56, position < rest.endIndex {
      window |= UInt64(rest[position]) << UInt64(56 - available)
      available += 8
      position = rest.index(after: position)
    }
  }
}
