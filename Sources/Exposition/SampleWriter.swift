/// Writes the families of one scrape, piece by piece.
///
/// Instruments say what their samples are; the writer knows how either format spells them.
package struct SampleWriter {
  private(set) var bytes: [UInt8]
  private let format: TextFormat
  private var family: FamilyDescription
  private var name: [UInt8] = []
  private var isHeaderWritten = false

  init(format: TextFormat) {
    self.bytes = []
    self.format = format
    self.family = FamilyDescription(name: "", help: "", unit: nil, kind: .gauge)
  }

  /// Makes the following samples belong to a family; its header appears with the first of them, so that a family
  /// without series leaves no trace, as with client_golang.
  mutating func begin(_ family: FamilyDescription) {
    self.family = family
    name = [UInt8](family.name.utf8)
    isHeaderWritten = false
  }

  /// Closes the text: OpenMetrics has an end mark, by which a scraper knows that nothing was cut off.
  mutating func finish() {
    if format == .openMetrics { bytes.append(contentsOf: "# EOF\n".utf8) }
  }

  /// What was written since the last piece was taken.
  mutating func takePiece() -> [UInt8] {
    let piece = bytes
    bytes = []
    // The next piece will be about as large.
    bytes.reserveCapacity(piece.count)
    return piece
  }

  /// A sample whose value is a number of any kind.
  mutating func sample(_ labels: Labels, suffix: StaticString = "", value: Double) {
    startLine(suffix)
    appendLabels(labels.rendered)
    appendValue(value)
  }

  /// The same with one label more, put into the labels at `position` (the end of a pair or the start of one).
  mutating func sample(
    _ labels: Labels, inserting pair: [UInt8], at position: Int, suffix: StaticString = "", value: Double
  ) {
    startLine(suffix)
    appendLabels(labels.rendered, inserting: pair, at: position)
    appendValue(value)
  }

  /// A sample that counts observations. OpenMetrics wants it as an integer; 0.0.4 writes it as any other number.
  mutating func sample(_ labels: Labels, suffix: StaticString, count: UInt64) {
    startLine(suffix)
    appendLabels(labels.rendered)
    appendCount(count)
  }

  /// The same with one label more, put into the labels at `position` (the end of a pair or the start of one).
  mutating func sample(
    _ labels: Labels, inserting pair: [UInt8], at position: Int, suffix: StaticString, count: UInt64
  ) {
    startLine(suffix)
    appendLabels(labels.rendered, inserting: pair, at: position)
    appendCount(count)
  }

  /// A bucket of a histogram with its cumulative count; `le` is the last label, whatever the others are called.
  mutating func bucket(_ labels: Labels, upTo bound: BucketLayout.Bound, count: UInt64) {
    startLine("_bucket")
    bytes.append(UInt8(ascii: "{"))
    if !labels.rendered.isEmpty {
      bytes.append(contentsOf: labels.rendered)
      bytes.append(UInt8(ascii: ","))
    }
    bytes.append(contentsOf: format == .prometheus ? bound.prometheus : bound.openMetrics)
    bytes.append(UInt8(ascii: "}"))
    appendCount(count)
  }

  /// A 0/1 sample with one label more, put into the labels at `position` (the end of a pair or the start of one).
  mutating func flag(_ labels: Labels, inserting pair: [UInt8], at position: Int, isSet: Bool) {
    startLine("")
    appendLabels(labels.rendered, inserting: pair, at: position)
    bytes.append(UInt8(ascii: " "))
    bytes.append(isSet ? UInt8(ascii: "1") : UInt8(ascii: "0"))
    if format == .openMetrics { bytes.append(contentsOf: ".0".utf8) }
    bytes.append(UInt8(ascii: "\n"))
  }

  // MARK: - Pieces

  private mutating func startLine(_ suffix: StaticString) {
    if !isHeaderWritten {
      isHeaderWritten = true
      family.appendHeader(to: &bytes, format: format)
    }
    bytes.append(contentsOf: name)
    if suffix.utf8CodeUnitCount > 0 {
      suffix.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }
  }

  private mutating func appendLabels(_ rendered: [UInt8]) {
    guard !rendered.isEmpty else { return }
    bytes.append(UInt8(ascii: "{"))
    bytes.append(contentsOf: rendered)
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func appendLabels(_ rendered: [UInt8], inserting pair: [UInt8], at position: Int) {
    bytes.append(UInt8(ascii: "{"))
    bytes.append(contentsOf: rendered[..<position])
    if position > 0, position == rendered.count { bytes.append(UInt8(ascii: ",")) }
    bytes.append(contentsOf: pair)
    if position < rendered.count {
      bytes.append(UInt8(ascii: ","))
      bytes.append(contentsOf: rendered[position...])
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func appendValue(_ value: Double) {
    bytes.append(UInt8(ascii: " "))
    switch format {
    case .prometheus: GoFloat.append(value, to: &bytes)
    case .openMetrics: GoFloat.appendOpenMetrics(value, to: &bytes)
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func appendCount(_ count: UInt64) {
    bytes.append(UInt8(ascii: " "))
    switch format {
    case .prometheus: GoFloat.append(Double(count), to: &bytes)
    case .openMetrics: GoFloat.append(count, to: &bytes)
    }
    bytes.append(UInt8(ascii: "\n"))
  }
}

extension [UInt8] {
  /// Writes text with backslash and line feed escaped, and quotation marks too where the place asks for it.
  mutating func appendEscaped(_ text: String, quotes: Bool) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): append(contentsOf: #"\\"#.utf8)
      case UInt8(ascii: "\n"): append(contentsOf: #"\n"#.utf8)
      case UInt8(ascii: "\"") where quotes: append(contentsOf: #"\""#.utf8)
      default: append(byte)
      }
    }
  }
}
