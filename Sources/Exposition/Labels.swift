/// The label set of a series, kept as the bytes that a scrape prints.
///
/// Rendering happens once, here; a scrape of hundreds of thousands of series only copies. The bytes are shared by every
/// copy, so build one `Labels` for a check and pass it to each family: its series then hold one string together.
/// Names are sorted, so two sets with the same pairs are equal whatever order they were written in.
package struct Labels: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  /// `name="escaped value"` pairs sorted by name and joined by commas, without braces; empty for no labels.
  let rendered: [UInt8]

  /// A set from names that are not known to be good, such as the labels a user gave to a check.
  ///
  /// Values may be any text; they are escaped.
  ///
  /// - Parameter pairs: names and values in any order.
  /// - Throws: `RegistrationError` with `invalidLabelName` or `duplicateLabel`.
  package init(_ pairs: some Sequence<(name: String, value: String)>) throws(RegistrationError) {
    let sorted = pairs.sorted { $0.name < $1.name }
    var bytes: [UInt8] = []
    var previous: String?
    for (name, value) in sorted {
      try Naming.checkLabel(name)
      guard name != previous else {
        throw RegistrationError(.duplicateLabel, "label \"\(name)\" is given twice: a series has each label once")
      }
      if previous != nil { bytes.append(UInt8(ascii: ",")) }
      Self.append(name: name, value: value, to: &bytes)
      previous = name
    }
    // A copy of exactly the needed size: these bytes live as long as the series, so spare capacity would be waste.
    self.rendered = [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, count in
      count = buffer.update(fromContentsOf: bytes)
    }
  }

  /// A set whose names stand in our own source: `["check": id, "region": region]`.
  ///
  /// - Precondition: the names are valid and different; a slip here is a fault of the program, not of its input.
  package init(dictionaryLiteral elements: (String, String)...) {
    do {
      try self.init(elements.lazy.map { (name: $0.0, value: $0.1) })
    } catch {
      // Only reachable through a misspelt constant, which no test that runs the line can miss.
      preconditionFailure(error.message)
    }
  }

  init(rendered: [UInt8]) {
    self.rendered = rendered
  }

  /// Whether scenario files may use a label name: the grammar of Prometheus, without names reserved by the formats.
  package static func isValidName(_ name: String) -> Bool {
    (try? Naming.checkLabel(name)) != nil
  }

  /// This set and another one together; where both have a label, the other's value holds.
  package func merging(_ other: Labels) -> Labels {
    if other.rendered.isEmpty { return self }
    if rendered.isEmpty { return other }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(rendered.count + other.rendered.count + 1)
    func take(_ pair: Pair, of source: [UInt8]) {
      if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
      bytes.append(contentsOf: source[pair.whole])
    }
    let mine = pairs
    let theirs = other.pairs
    var left = 0
    var right = 0
    while left < mine.count || right < theirs.count {
      guard left < mine.count else {
        take(theirs[right], of: other.rendered)
        right += 1
        continue
      }
      guard right < theirs.count else {
        take(mine[left], of: rendered)
        left += 1
        continue
      }
      let leftName = rendered[mine[left].name]
      let rightName = other.rendered[theirs[right].name]
      if leftName.lexicographicallyPrecedes(rightName) {
        take(mine[left], of: rendered)
        left += 1
      } else {
        if leftName.elementsEqual(rightName) { left += 1 }
        take(theirs[right], of: other.rendered)
        right += 1
      }
    }
    return Labels(rendered: bytes)
  }

  /// The unescaped value of a label, or nil when the set has no label of that name.
  package subscript(name: String) -> String? {
    guard let pair = pairs.first(where: { rendered[$0.name].elementsEqual(name.utf8) }) else { return nil }
    var value: [UInt8] = []
    var isEscaped = false
    for byte in rendered[pair.value] {
      if isEscaped {
        value.append(byte == UInt8(ascii: "n") ? UInt8(ascii: "\n") : byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        value.append(byte)
      }
    }
    return String(decoding: value, as: UTF8.self)
  }

  /// Two sets are equal when they print the same.
  package static func == (left: Labels, right: Labels) -> Bool {
    left.rendered == right.rendered
  }

  /// Hashes the bytes at once; the array's own `hash(into:)` would feed them one by one.
  package func hash(into hasher: inout Hasher) {
    rendered.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

// MARK: - Looking into the rendered bytes

extension Labels {
  /// Where one pair lies in `rendered`.
  struct Pair {
    let name: Range<Int>
    /// The escaped value between its quotes.
    let value: Range<Int>
    /// `name="value"`, without a comma.
    var whole: Range<Int> { name.lowerBound..<value.upperBound + 1 }
  }

  /// The pairs in their order.
  var pairs: [Pair] {
    var found: [Pair] = []
    var position = 0
    while position < rendered.count {
      let nameStart = position
      while rendered[position] != UInt8(ascii: "=") { position += 1 }
      let nameEnd = position
      position += 2  // ="
      let valueStart = position
      while rendered[position] != UInt8(ascii: "\"") {
        position += rendered[position] == UInt8(ascii: "\\") ? 2 : 1
      }
      found.append(Pair(name: nameStart..<nameEnd, value: valueStart..<position))
      position += 2  // ",
    }
    return found
  }

  /// Where a pair of the given name belongs (or begins), so that the names stay sorted.
  func insertionPoint(for name: String) -> Int {
    pairs.first { !rendered[$0.name].lexicographicallyPrecedes(name.utf8) }?.name.lowerBound ?? rendered.count
  }

  static func append(name: String, value: String, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: name.utf8)
    bytes.append(UInt8(ascii: "="))
    bytes.append(UInt8(ascii: "\""))
    bytes.appendEscaped(value, quotes: true)
    bytes.append(UInt8(ascii: "\""))
  }

  /// The order of series within a family: by the first label's value, then the second's, as client_golang sorts.
  ///
  /// It is not the order of the rendered bytes: a value that ends stands before one that goes on, though the closing
  /// quote is greater than a space, and an escaped character counts as the character that it stands for.
  static func precedes(_ left: Labels, _ right: Labels) -> Bool {
    left.rendered.withUnsafeBufferPointer { left in
      right.rendered.withUnsafeBufferPointer { right in
        let shared = min(left.count, right.count)
        var index = 0
        while index < shared, left[index] == right[index] { index += 1 }
        guard index < shared else { return left.count < right.count }
        var backslashes = 0
        while backslashes < index, left[index - 1 - backslashes] == UInt8(ascii: "\\") { backslashes += 1 }
        let isEscaped = backslashes % 2 == 1
        return rank(in: left, at: index, isEscaped: isEscaped) < rank(in: right, at: index, isEscaped: isEscaped)
      }
    }
  }

  /// The unescaped byte at a position; a closing quote ranks below all of them.
  private static func rank(in bytes: UnsafeBufferPointer<UInt8>, at index: Int, isEscaped: Bool) -> Int {
    switch (bytes[index], isEscaped) {
    case (UInt8(ascii: "n"), true): Int(UInt8(ascii: "\n"))
    case (let byte, true): Int(byte)
    case (UInt8(ascii: "\""), false): -1
    case (UInt8(ascii: "\\"), false): rank(in: bytes, at: index + 1, isEscaped: true)
    case (let byte, false): Int(byte)
    }
  }
}
