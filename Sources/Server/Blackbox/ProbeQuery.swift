/// The parameters of a request in the way of Go's net/url: what is badly encoded is passed over, and of one name given twice
/// the first counts.
struct ProbeQuery {
  private var values: [(name: String, value: String)] = []

  /// More than any scraper sends: reading the query stays cheap whatever is sent.
  private static let maximumCount = 64

  init(_ text: String?) {
    for item in (text ?? "").split(separator: "&", maxSplits: Self.maximumCount).prefix(Self.maximumCount) {
      let halves = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard !item.contains(";"), let name = PercentCoding.decoded(halves[0], plusIsSpace: true),
        let value = PercentCoding.decoded(halves.count > 1 ? halves[1] : "", plusIsSpace: true)
      else { continue }
      values.append((name, value))
    }
  }

  /// The value of a parameter; empty when it is not given.
  subscript(_ name: String) -> String {
    values.first { $0.name == name }?.value ?? ""
  }
}
