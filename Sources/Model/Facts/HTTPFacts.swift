/// What an HTTP exchange showed: its last hop, and how it got there.
package struct HTTPFacts: Sendable {
  /// The status code; 0 before there was one.
  package var status: Int
  /// The words after the status code, empty in HTTP/2.
  package var statusText: String
  /// Header fields as they came, in order, names in their own case.
  package var headers: [HeaderField]
  /// The body, decoded from its content encoding; cut at the limit.
  package var body: [UInt8]
  /// How long the body was, where not all of it is here; nil when it is as it came.
  private var wholeSize: Int?
  /// The URL of the last hop.
  package var url: String
  /// The method of the last hop.
  package var method: String
  /// How many redirects were followed.
  package var redirects: Int
  /// What is lost when hops are summed up; nil where there was one alone.
  package var hops: Hops?
  /// "1.0", "1.1", "2" or "3"; empty before there was an answer.
  package var version: String
  /// The header fields of the last request as sent, for reports; credentials included, so it is masked before it is
  /// shown.
  package var requestHeaders: [HeaderField]

  /// The two ends of a chain of redirects.
  package struct Hops: Sendable {
    /// The address that the first request went to.
    package var firstIP: String
    /// How long its name took.
    package var firstResolve: Duration
    /// How long each phase of the last hop took.
    package var last: Phases

    /// The ends of a chain.
    package init(firstIP: String, firstResolve: Duration, last: Phases) {
      self.firstIP = firstIP
      self.firstResolve = firstResolve
      self.last = last
    }
  }

  /// An exchange that showed nothing yet.
  package init(
    status: Int = 0, statusText: String = "", headers: [HeaderField] = [], body: [UInt8] = [], url: String,
    method: String = "GET", redirects: Int = 0, version: String = "", requestHeaders: [HeaderField] = []
  ) {
    self.status = status
    self.statusText = statusText
    self.headers = headers
    self.body = body
    self.url = url
    self.method = method
    self.redirects = redirects
    self.version = version
    self.requestHeaders = requestHeaders
  }

  /// Decoded bytes of the body as it came.
  package var size: Int { wholeSize ?? body.count }

  /// Takes over a body of which perhaps not all was kept.
  package mutating func take(body kept: [UInt8], ofBytes size: Int) {
    body = kept
    wholeSize = size == kept.count ? nil : size
  }

  /// Puts in place of the body what a record may show of it; `size` stays.
  package mutating func show(body shown: [UInt8]) {
    wholeSize = size
    body = shown
  }
}
