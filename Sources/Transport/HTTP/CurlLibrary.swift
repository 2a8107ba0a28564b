import CCurl

/// The libcurl that this program runs on.
package enum CurlLibrary {
  /// Its version, such as "7.88.1".
  package static let version = String(cString: curl_version_info(CURLVERSION_FIRST).pointee.version)

  /// Whether it can speak HTTP/3, and so whether `http_version: 3` can be asked for at all.
  package static let supportsHTTP3 =
    curl_version_info(CURLVERSION_FIRST).pointee.features & CURL_VERSION_HTTP3 != 0

  /// Initialises the library once (curl_global_init(3), thread-safe since 7.84.0).
  static let isReady = curl_global_init(curlew_global_default) == CURLE_OK
}
