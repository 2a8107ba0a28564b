/// Which coding a response may have.
enum AcceptedCoding {
  /// Below this many bytes the coding saves nothing worth its time: setting zlib up costs a tenth of a probe, and a few
  /// segments cost nothing.
  static let worthwhileBytes = 6 * 1024

  /// Whether a request takes gzip, by its `Accept-Encoding` (RFC 9110 section 12.5.3). The coding must be named: `*`
  /// alone is sent by clients that cannot decode it.
  static func isGzip(acceptedBy acceptEncoding: String?) -> Bool {
    guard let acceptEncoding else { return false }
    for item in acceptEncoding.split(separator: ",") {
      let parts = item.split(separator: ";", omittingEmptySubsequences: false).map { trimmed($0) }
      guard let coding = parts.first?.lowercased(), coding == "gzip" || coding == "x-gzip" else { continue }
      let isRefused = parts.dropFirst().contains { parameter in
        let lower = parameter.lowercased()
        return lower.hasPrefix("q=") && Double(lower.dropFirst(2)) == 0
      }
      return !isRefused
    }
    return false
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var rest = text
    while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return rest
  }
}
