import Model

/// What an observation means in the words of Go's client, on which blackbox_exporter is built.
struct HTTPAnswer {
  let http: HTTPFacts
  /// What ended the exchange early; nil when the answer is whole.
  let failure: ProbeFailure?

  /// The answer in an observation; nil where that is not of http.
  init?(_ observation: Observation) {
    guard case .http(let http) = observation.facts.detail else { return nil }
    self.http = http
    failure = observation.failure
  }

  /// Whether there is an answer at all, that is, a head.
  var exists: Bool {
    guard http.status > 0 else { return false }
    // A status that the prober itself expects is that of a token endpoint, which is no answer of the target's.
    return failure.map { $0.phase == .receive && $0.code != .expectationFailed } ?? true
  }

  /// Whether the redirects had no end: Go's client then gives the last answer, closed.
  var isRedirectedOn: Bool { failure?.code == .tooManyRedirects }

  /// Whether the answer leads elsewhere, and was not followed.
  var isUnfollowedRedirect: Bool {
    guard exists else { return false }
    switch http.status {
    case 301, 302, 303, 307, 308: return value(of: "location")?.isEmpty == false
    default: return false
    }
  }

  /// How many answers led elsewhere.
  var redirects: Int { http.redirects + (isUnfollowedRedirect ? 1 : 0) }

  /// Why the body is not whole.
  var bodyFailure: ProbeFailure? { isRedirectedOn ? nil : failure }

  /// The first value of a header field, by its name in lower case.
  func value(of name: StaticString) -> String? {
    http.headers.first { $0.name.isField(name) }?.value
  }

  /// All values of a header field in any letter case.
  func values(of name: String) -> [String] {
    let name = name.lowercased()
    return http.headers.lazy.filter { $0.name.lowercased() == name }.map(\.value)
  }

  /// The length as Go's client tells it: -1 where it cannot be known, of what was compressed as of everything else.
  var contentLength: Int {
    guard exists else { return 0 }
    let written = value(of: "content-length").flatMap { Int($0) } ?? -1
    if http.method == "HEAD" { return written }
    if http.status == 204 || http.status == 304 || http.status / 100 == 1 { return 0 }
    if value(of: "transfer-encoding") != nil { return -1 }
    // In HTTP/2 the end of an answer without a body stands in its head.
    return written < 0 && http.version == "2" && http.size == 0 ? 0 : written
  }

  /// "HTTP/1.1", "HTTP/2.0".
  var proto: String {
    switch http.version {
    case "": ""
    case "1.0", "1.1": "HTTP/\(http.version)"
    default: "HTTP/\(http.version).0"
    }
  }
}
