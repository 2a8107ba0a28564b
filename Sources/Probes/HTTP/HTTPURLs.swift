import Synchronization
import Transport

/// The URLs of checks, each read once: the same ones come at every run, and libcurl's parser makes a dozen allocations of each.
final class HTTPURLs: Sendable {
  /// A longer text, such as one with a token in it, is read anew each time rather than kept.
  private static let maxKeptBytes = 512

  private let known = Mutex<BoundedCache<String, HTTPURL>>(BoundedCache(capacity: 32_768))

  /// The URL that the text is.
  ///
  /// - Throws: `HTTPURLError` with a sentence that quotes the text.
  func url(_ text: String) throws(HTTPURLError) -> HTTPURL {
    if let url = known.withLock({ $0.value(for: text) }) { return url }
    let url = try HTTPURL(text)
    if text.utf8.count <= Self.maxKeptBytes { known.withLock { $0.insert(url, for: text) } }
    return url
  }
}
