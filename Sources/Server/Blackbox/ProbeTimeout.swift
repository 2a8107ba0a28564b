/// How long a probe may take: what the scraper says, less an offset, or what the module says where that is less.
enum ProbeTimeout {
  /// Where the scraper says nothing.
  private static let standardSeconds = 120.0
  /// No module and no scraper waits for longer.
  private static let longestSeconds = 7.0 * 86_400

  /// - Parameters:
  ///   - header: `X-Prometheus-Scrape-Timeout-Seconds`.
  ///   - module: nil where the module says nothing.
  ///   - offset: what the scraper needs to receive the answer.
  /// - Throws: what is wrong with the header, in the words of Go's strconv.
  static func read(header: String?, module: Duration?, offset: Duration) throws(Refusal) -> Duration {
    var scrape = Self.standardSeconds
    if let header, !header.isEmpty {
      guard let seconds = Double(header) else {
        throw Refusal(words: "strconv.ParseFloat: parsing \(GoQuote.quoted(header)): invalid syntax")
      }
      guard seconds.isFinite else {
        throw Refusal(words: "strconv.ParseFloat: parsing \(GoQuote.quoted(header)): value out of range")
      }
      if seconds != 0 { scrape = seconds }
    }
    let most = scrape - offset / .seconds(1)
    let own = (module ?? .zero) / .seconds(1)
    let seconds = (own > 0 && own < most) || most < 0 ? own : most
    return .seconds(min(max(0, seconds), longestSeconds))
  }

  /// Why a header is refused.
  struct Refusal: Error {
    var words: String
  }
}
