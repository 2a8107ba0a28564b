/// What status codes mean for the exchange itself (RFC 9110 section 15).
package enum HTTPStatus {
  /// Whether an answer with a Location sends the client elsewhere.
  package static func isRedirect(_ status: Int) -> Bool {
    switch status {
    case 301, 302, 303, 307, 308: true
    default: false
    }
  }
}
