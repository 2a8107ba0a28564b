/// Which release this is.
enum Version {
  static let text = "0.1.0"

  /// What it calls itself in requests.
  static let userAgent = "curlew/\(text)"
}
