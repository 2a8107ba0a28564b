/// The two texts in which metrics leave the house.
package enum TextFormat: Hashable, Sendable, CaseIterable {
  /// Prometheus text format 0.0.4, which every scraper reads.
  ///
  /// <https://prometheus.io/docs/instrumenting/exposition_formats/>
  case prometheus
  /// OpenMetrics 1.0, which a Prometheus server asks for first.
  ///
  /// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
  case openMetrics

  /// The value of the `Content-Type` header.
  package var contentType: String {
    switch self {
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// The format that suits a request best (RFC 9110, section 12.5.1).
  ///
  /// The most specific range of the header that covers a format decides its quality. Text format 0.0.4 is the answer
  /// when nothing fits, because a scraper that gets `406` sees no metrics at all.
  ///
  /// - Parameter accept: the `Accept` header, repeated ones joined by commas; nil when the request has none.
  package static func negotiated(accept: String?) -> TextFormat {
    guard let accept else { return .prometheus }
    let ranges = MediaRange.parse(accept)
    let text = Preference(of: .prometheus, in: ranges)
    let openMetrics = Preference(of: .openMetrics, in: ranges)
    return text.isWorse(than: openMetrics) ? .openMetrics : .prometheus
  }

  /// How much one `Accept` header wants one format.
  private struct Preference {
    var quality = 0
    var specificity = -1
    var position = Int.max

    init(of format: TextFormat, in ranges: [MediaRange]) {
      for (position, range) in ranges.enumerated() {
        guard let specificity = range.specificity(for: format), specificity > self.specificity else { continue }
        self.quality = range.thousandths
        self.specificity = specificity
        self.position = position
      }
    }

    /// Equal qualities are settled by the more precise wish, then by the order in the header.
    func isWorse(than other: Preference) -> Bool {
      if quality != other.quality { return quality < other.quality }
      if quality == 0 { return false }
      if specificity != other.specificity { return specificity < other.specificity }
      return position > other.position
    }
  }
}

/// One element of an `Accept` header: a media range, its version parameter and its quality.
private struct MediaRange {
  private var type = ""
  private var version: String?
  /// The quality value times 1000: the grammar allows three decimals, so this is exact.
  private(set) var thousandths = 1000

  /// Splits a header into its ranges; what is not well formed matches nothing.
  static func parse(_ header: String) -> [MediaRange] {
    split(header[...], at: ",").map { element in
      var range = MediaRange()
      for (index, part) in split(element, at: ";").enumerated() {
        guard index > 0 else {
          range.type = part.lowercased()
          continue
        }
        guard let equals = part.firstIndex(of: "=") else { continue }
        let value = trimmed(part[part.index(after: equals)...])
        switch trimmed(part[..<equals]).lowercased() {
        case "q": range.thousandths = quality(value)
        case "version": range.version = value.filter { $0 != "\"" }
        default: break  // charset, escaping: one choice each, so nothing to select by
        }
      }
      return range
    }
  }

  /// How precisely this range names a format, or nil when it does not cover it.
  func specificity(for format: TextFormat) -> Int? {
    switch (type, format) {
    case ("*/*", _): 0
    case ("text/*", .prometheus), ("application/*", .openMetrics): 1
    case ("text/plain", .prometheus): named(version: "0.0.4")
    case ("application/openmetrics-text", .openMetrics): named(version: "1.0.0")
    default: nil
    }
  }

  private func named(version offered: String) -> Int? {
    guard let version else { return 2 }
    return version == offered ? 3 : nil
  }

  /// Quality values are `0`, `1`, or have up to three decimals (RFC 9110, section 12.4.2); any other text is no wish.
  private static func quality(_ text: Substring) -> Int {
    guard let value = Double(text), value >= 0, value <= 1 else { return 0 }
    return Int((value * 1000).rounded())
  }

  /// Splits outside of quoted strings and trims optional white space.
  private static func split(_ text: Substring, at separator: Character) -> [Substring] {
    var parts: [Substring] = []
    var isQuoted = false
    var start = text.startIndex
    for index in text.indices {
      if text[index] == "\"" { isQuoted.toggle() }
      guard text[index] == separator, !isQuoted else { continue }
      parts.append(trimmed(text[start..<index]))
      start = text.index(after: index)
    }
    parts.append(trimmed(text[start...]))
    return parts
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let head = text.drop { $0 == " " || $0 == "\t" }
    guard let last = head.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
    return head[...last]
  }
}
