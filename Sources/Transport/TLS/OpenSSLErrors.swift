import COpenSSL

/// The error queue of OpenSSL (ERR_get_error(3)). It is one per thread, so it is emptied before each call whose failure is
/// to be explained, and read before the next suspension.
enum OpenSSLErrors {
  static func clear() {
    ERR_clear_error()
  }

  /// The last error, which is the one nearest to what was called; 0 without one. Empties the queue.
  static func take() -> UInt {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    return UInt(code)
  }

  /// OpenSSL's own words for an error.
  static func words(_ code: UInt) -> String {
    guard code != 0 else { return "no reason given" }
    if let reason = ERR_reason_error_string(CUnsignedLong(code)) { return String(cString: reason) }
    return "OpenSSL error \(String(code, radix: 16))"
  }

  /// Whether the error means that the peer went away without a word.
  static func isEnd(_ code: UInt) -> Bool {
    library(code) == ERR_LIB_SSL && reason(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING
  }

  /// Why a handshake or a record failed, as the end of a sentence.
  static func handshakeWords(_ code: UInt) -> String {
    guard library(code) == ERR_LIB_SSL else { return words(code) }
    let reason = reason(code)
    switch reason {
    // An alert of the peer: its number (RFC 8446 section 6) behind an offset.
    case SSL_AD_REASON_OFFSET..<(SSL_AD_REASON_OFFSET + 256):
      let alert = reason - SSL_AD_REASON_OFFSET
      let text = SSL_alert_desc_string_long(alert).map { String(cString: $0) } ?? "unknown"
      return "the peer sent the alert \"\(text)\" (\(alert))"
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return "the peer closed the connection"
    case SSL_R_WRONG_VERSION_NUMBER, SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST,
      SSL_R_BAD_RECORD_TYPE:
      return "what the peer sent is not TLS (\(words(code)))"
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_VERSION_TOO_HIGH, SSL_R_NO_PROTOCOLS_AVAILABLE:
      return "no TLS version is allowed by both sides (\(words(code)))"
    default:
      return words(code)
    }
  }

  private static func library(_ code: UInt) -> CInt { ERR_GET_LIB(CUnsignedLong(code)) }

  private static func reason(_ code: UInt) -> CInt { ERR_GET_REASON(CUnsignedLong(code)) }
}
