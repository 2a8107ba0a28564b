/// Which slots of a bucket have a run. It is kept when the runs themselves are gone, so that a slot imported again still
/// counts once. An unbroken day takes a few bytes: it is stored as (distance, step, count).
package struct SlotSet: Hashable, Sendable {
  /// Starts of slots in milliseconds since the epoch, in order, each once.
  package private(set) var starts: [Int64] = []

  /// Of no slots.
  package init() {}

  /// The newest slot.
  package var last: Int64? { starts.last }

  /// Whether a slot is among them.
  package func contains(_ slot: Int64) -> Bool {
    let index = firstIndex(from: slot)
    return index < starts.count && starts[index] == slot
  }

  /// The first slot after the one given.
  package func first(after slot: Int64) -> Int64? {
    let index = firstIndex(from: slot + 1)
    return index < starts.count ? starts[index] : nil
  }

  /// How many slots are earlier than `moment`.
  package func count(before moment: Int64) -> Int { firstIndex(from: moment) }

  /// Adds a slot that is newer than all others.
  package mutating func append(_ slot: Int64) {
    starts.append(slot)
  }

  /// Adds all slots of another set.
  package mutating func formUnion(_ other: SlotSet) {
    guard let first = other.starts.first else { return }
    if starts.last ?? .min < first {
      starts += other.starts
      return
    }
    var merged: [Int64] = []
    merged.reserveCapacity(starts.count + other.starts.count)
    var mine = starts[...]
    var theirs = other.starts[...]
    while let left = mine.first, let right = theirs.first {
      if left <= right { mine.removeFirst() }
      if right <= left { theirs.removeFirst() }
      merged.append(min(left, right))
    }
    starts = merged + mine + theirs
  }

  /// The index of the first slot that is `slot` or later.
  private func firstIndex(from slot: Int64) -> Int {
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] < slot { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// LEB128 varints, three for each even stretch of slots: the distance of its first slot from `origin` or the last slot
  /// before, the step, and how many follow the first. A bucket that is full of even slots, as most are, needs two: the
  /// first slot's distance and how many follow; the step is what divides the bucket.
  package func encoded(origin: Int64, width: Int64) -> [UInt8] {
    var bytes: [UInt8] = []
    if let first = starts.first, isFull(width: width) {
      bytes.appendVarint(UInt64(first - origin))
      bytes.appendVarint(UInt64(starts.count - 1))
      return bytes
    }
    var before = origin
    var index = 0
    while index < starts.count {
      let first = starts[index]
      let step = index + 1 < starts.count ? starts[index + 1] - first : 0
      var end = index + 1
      while end < starts.count, starts[end] - starts[end - 1] == step { end += 1 }
      bytes.appendVarint(UInt64(first - before))
      bytes.appendVarint(UInt64(step))
      bytes.appendVarint(UInt64(end - index - 1))
      before = starts[end - 1]
      index = end
    }
    return bytes
  }

  private func isFull(width: Int64) -> Bool {
    let step = width / Int64(max(1, starts.count))
    guard starts.count > 1, step * Int64(starts.count) == width else { return false }
    return zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 == step }
  }

  /// Reads what `encoded` wrote; nil for bytes that are nothing of the kind. They never make it trap, and what they give
  /// lies in order within the bucket, so that damage is at most a slot for each of its milliseconds.
  package init?(encoded bytes: [UInt8], origin: Int64, width: Int64) {
    var reader = VarintReader(bytes)
    if let full = FullBucket(&reader, width: width) {
      starts = (0...full.following).map { origin + full.first + $0 * full.step }
      return
    }
    reader = VarintReader(bytes)
    /// From the origin to the last slot.
    var last: Int64 = 0
    while !reader.isAtEnd {
      guard let distance = reader.next(), let step = reader.next(), let following = reader.next(),
        distance < width, step < width, following < width, starts.isEmpty || distance > 0, following == 0 || step > 0
      else { return nil }
      let first = last + Int64(distance)
      last = first + Int64(step) * Int64(following)
      guard last < width else { return nil }
      starts.reserveCapacity(starts.count + Int(following) + 1)
      for index in 0...Int64(following) { starts.append(origin + first + Int64(step) * index) }
    }
  }
}

extension SlotSet {
  /// The newest slot of what `encoded` gave, without taking the others apart, as its distance from the origin; 0 for bytes
  /// that were never written by us.
  ///
  /// Of one type of bytes: over others the compiler would ask for the type of each byte again where other modules call it.
  package static func last(encoded bytes: UnsafeRawBufferPointer, width: Int64) -> Int64 {
    var reader = VarintReader(bytes)
    if let full = FullBucket(&reader, width: width) { return full.first + full.step * full.following }
    reader = VarintReader(bytes)
    let width = UInt64(width)
    var last: UInt64 = 0
    while let distance = reader.next(), let step = reader.next(), let following = reader.next() {
      guard distance < width, step < width, following < width else { break }
      let next = last + distance + step * following
      guard next < width else { break }
      last = next
    }
    return Int64(last)
  }
}

/// A bucket whose slots fill it evenly, as two varints say it.
private struct FullBucket {
  /// From the bucket's begin to the first slot.
  var first: Int64
  /// From one slot to the next.
  var step: Int64
  /// How many slots follow the first.
  var following: Int64

  /// Nil for bytes that are anything else, with the reader somewhere in them.
  init?<Bytes>(_ reader: inout VarintReader<Bytes>, width: Int64) {
    guard let first = reader.next(), let following = reader.next(), reader.isAtEnd,
      (1..<UInt64(width)).contains(following)
    else { return nil }
    self.following = Int64(following)
    step = width / (self.following + 1)
    guard step * (self.following + 1) == width, first < UInt64(step) else { return nil }
    self.first = Int64(first)
  }
}
