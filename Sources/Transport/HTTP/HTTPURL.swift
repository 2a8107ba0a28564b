import CCurl

/// An `http` or `https` URL taken to its parts (RFC 3986), by libcurl's own parser: what is resolved, connected to and
/// compared is what libcurl will send.
package struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
  /// The whole URL, normalized: lower-case scheme, no dot segments.
  package let text: String
  /// "http" or "https".
  package let scheme: String
  /// The host in lower case, in ASCII alone; an IPv6 address without brackets, and with its zone where it has one.
  package let host: String
  /// The port, the scheme's own when the URL names none.
  package let port: UInt16
  /// Whether the URL names a port other than the scheme's own.
  package let hasOwnPort: Bool

  /// Reads an absolute URL.
  ///
  /// - Throws: `HTTPURLError` with a sentence that quotes the text.
  package init(_ text: String) throws(HTTPURLError) {
    try self.init(CurlURLHandle(), reading: text)
  }

  /// The URL that `reference` means when it stands in an answer from this one (RFC 3986 section 5).
  ///
  /// - Throws: `HTTPURLError` when it is no URL, or one of another scheme.
  package func resolving(_ reference: String) throws(HTTPURLError) -> HTTPURL {
    let handle = CurlURLHandle()
    _ = handle.set(text)
    return try HTTPURL(handle, reading: reference)
  }

  private init(_ handle: CurlURLHandle, reading text: String) throws(HTTPURLError) {
    let code = handle.set(text)
    guard code == CURLUE_OK else {
      if code == CURLUE_UNSUPPORTED_SCHEME { throw HTTPURLError("\"\(text)\" is no http:// or https:// URL") }
      throw HTTPURLError("\"\(text)\" is no URL: \(String(cString: curl_url_strerror(code)))")
    }
    guard let scheme = handle.part(CURLUPART_SCHEME), scheme == "http" || scheme == "https" else {
      throw HTTPURLError("\"\(text)\" is no http:// or https:// URL")
    }
    // libcurl would encode other letters than ASCII's by the locale of the process, which here is none (RFC 5891).
    guard let host = handle.part(CURLUPART_HOST), !host.isEmpty, host.utf8.allSatisfy({ (33...126).contains($0) })
    else {
      throw HTTPURLError("\"\(text)\" names no host in ASCII; write another alphabet's in its xn-- form")
    }
    let ownPort = handle.part(CURLUPART_PORT, flags: CURLU_NO_DEFAULT_PORT).flatMap { UInt16($0) }
    guard ownPort != 0, let normalized = handle.part(CURLUPART_URL) else {
      throw HTTPURLError("\"\(text)\" names a port outside 1 to 65535")
    }
    self.text = normalized
    self.scheme = scheme
    if host.hasPrefix("[") {
      // RFC 6874; the name of an interface is not the same in lower case.
      let zone = handle.part(CURLUPART_ZONEID).map { "%\($0)" } ?? ""
      self.host = host.dropFirst().dropLast().lowercased() + zone
    } else {
      self.host = host.lowercased()
    }
    port = ownPort ?? (scheme == "https" ? 443 : 80)
    hasOwnPort = ownPort != nil
  }

  /// Whether the exchange is encrypted.
  package var isSecure: Bool { scheme == "https" }

  /// Whether both have the same scheme, host and port (RFC 6454 section 5).
  package func isSameOrigin(as other: HTTPURL) -> Bool {
    scheme == other.scheme && host == other.host && port == other.port
  }

  /// The URL with another host in its place; nil when that is none.
  func textReplacingHost(with host: String) -> String? {
    let handle = CurlURLHandle()
    guard handle.set(text) == CURLUE_OK, handle.setHost(host.contains(":") ? "[\(host)]" : host) else { return nil }
    return handle.part(CURLUPART_URL)
  }

  /// The value of the Host header field (RFC 9110 section 7.2).
  package var authority: String {
    // A zone means something to this machine alone (RFC 6874 section 1).
    let host = host.contains(":") ? "[\(host.prefix { $0 != "%" })]" : host
    return hasOwnPort ? "\(host):\(port)" : host
  }

  package var description: String { text }
}

/// What is wrong with a URL, in words that quote it.
package struct HTTPURLError: Error, Hashable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// A CURLU handle of libcurl's URL API (libcurl-url(3)).
private final class CurlURLHandle {
  private let handle: OpaquePointer?

  init() {
    handle = curl_url()
  }

  deinit {
    curl_url_cleanup(handle)
  }

  func set(_ text: String) -> CURLUcode {
    // As libcurl does for a Location: what should have been percent-encoded, is.
    curl_url_set(handle, CURLUPART_URL, text, UInt32(CURLU_URLENCODE) | UInt32(CURLU_ALLOW_SPACE))
  }

  func setHost(_ host: String) -> Bool {
    curl_url_set(handle, CURLUPART_HOST, host, 0) == CURLUE_OK
  }

  func part(_ part: CURLUPart, flags: Int32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &text, UInt32(bitPattern: flags)) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
