import HTTPTypes

/// What pages of other sites may read (Fetch Standard, section 3.2): answers that everybody gets anyway, never with
/// credentials, and nothing that changes something.
enum CrossOrigin {
  /// Lets every site read an answer.
  static func open(_ headers: inout HTTPFields) {
    headers[.accessControlAllowOrigin] = "*"
    headers[.accessControlExposeHeaders] = "ETag"
    if let name = HTTPField.Name("Cross-Origin-Resource-Policy") { headers[name] = "cross-origin" }
  }

  /// The answer to a browser that asks beforehand.
  static func preflight() -> Reply {
    var reply = Reply(status: .noContent, type: .text, bytes: [])
    reply.isForEverySite = true
    reply.headers[.accessControlAllowMethods] = "GET, HEAD"
    reply.headers[.accessControlAllowHeaders] = "If-None-Match"
    reply.headers[.accessControlMaxAge] = "86400"
    return reply
  }
}
