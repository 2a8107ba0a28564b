/// The text of one scrape: families sorted by name, series by their labels.
///
/// It comes in pieces, because the page of ten thousand checks is larger than all that the program needs besides.
/// Instruments are read one after the other while others write to them: each is consistent in itself.
package struct Rendering: Sendable, IteratorProtocol {
  /// Large enough that a piece costs nothing beside its making.
  private static let pieceByteCount = 256 << 10

  private var families: ArraySlice<any AnyFamily>
  private var reading: (any FamilyReading)?
  private var writer: SampleWriter
  /// Whether there is nothing more to come.
  package private(set) var isAtEnd = false

  init(of families: [any AnyFamily], format: TextFormat) {
    self.families = families[...]
    writer = SampleWriter(format: format)
  }

  /// The next piece; nil after the last one.
  package mutating func next() -> [UInt8]? {
    guard !isAtEnd else { return nil }
    while writer.bytes.count < Self.pieceByteCount {
      guard reading != nil || !families.isEmpty else {
        writer.finish()
        isAtEnd = true
        break
      }
      if reading == nil { reading = families.popFirst()?.reading() }
      if reading?.write(to: &writer, upTo: Self.pieceByteCount) == false { reading = nil }
    }
    return writer.takePiece()
  }
}
