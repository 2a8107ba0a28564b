import HTTPTypes
package import Model

/// What a path of the server stands for. Each area has its own table; status pages stand beside them all.
enum Route: Hashable, Sendable {
  case operations(OperationsRoute)
  case api(APIRoute)
  case fleet(FleetRoute)

  /// Whether it is there only with modules.
  var isOfModules: Bool { if case .operations(let route) = self { route.isOfModules } else { false } }

  /// The methods that it answers; nil is any.
  var methods: [HTTPRequest.Method]? {
    switch self {
    case .operations(let route): route.methods
    case .api(let route): route.methods
    case .fleet: [.post]
    }
  }
}

/// A route with what stands in the places of its pattern.
struct RouteMatch: Sendable {
  var route: Route
  /// In the order of the pattern.
  var parameters: [String]

  /// The route at the segments of a path; nil when nothing is there.
  init?(_ segments: [String]) {
    for entry in Self.table[segments.count] ?? [] {
      if let parameters = entry.pattern.parameters(of: segments) {
        self.init(route: entry.route, parameters: parameters)
        return
      }
    }
    return nil
  }

  private init(route: Route, parameters: [String]) {
    self.route = route
    self.parameters = parameters
  }

  /// By the number of segments; those with fewer places first, so that a word wins over a place.
  private static let table: [Int: [(pattern: PathPattern, route: Route)]] = {
    let operations = OperationsRoute.allCases.map { (PathPattern($0.rawValue), Route.operations($0)) }
    let api = APIRoute.allCases.map { (PathPattern($0.rawValue), Route.api($0)) }
    let fleet = FleetRoute.allCases.map { (PathPattern($0.rawValue), Route.fleet($0)) }
    return Dictionary(grouping: operations + api + fleet) { $0.0.segments.count }
      .mapValues { $0.map { (pattern: $0.0, route: $0.1) }.sorted { $0.pattern.placeCount < $1.pattern.placeCount } }
  }()
}

/// A path with places: `/api/v1/checks/{check}/runs`.
struct PathPattern: Sendable {
  /// One piece between slashes.
  enum Segment: Hashable, Sendable {
    case word(String)
    case place
  }

  let segments: [Segment]

  init(_ text: String) {
    segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("{") ? .place : .word(String($0)) }
  }

  var placeCount: Int { segments.count { $0 == .place } }

  /// What stands in the places, when the pattern fits.
  func parameters(of path: [String]) -> [String]? {
    guard path.count == segments.count else { return nil }
    var parameters: [String] = []
    for (segment, text) in zip(segments, path) {
      switch segment {
      case .word(let word): if word != text { return nil }
      case .place: parameters.append(text)
      }
    }
    return parameters
  }
}

/// Paths as they come over the wire.
enum PathText {
  /// The decoded pieces of a path between its slashes; `/` is one empty piece.
  ///
  /// - Throws: `Problem` for a path that is not well formed.
  static func segments(of path: String) throws(Problem) -> [String] {
    guard path.utf8.first == UInt8(ascii: "/") else {
      throw Problem(.badPath, "\"\(path)\" does not begin with a slash")
    }
    var segments: [String] = []
    for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let segment = PercentCoding.decoded(part) else {
        throw Problem(.badPath, "\"\(part)\" is not percent-encoded UTF-8")
      }
      segments.append(segment)
    }
    return segments
  }
}

/// What the people who run the program ask for.
enum OperationsRoute: String, Hashable, Sendable, CaseIterable {
  case page = "/"
  case metrics = "/metrics"
  case live = "/health"
  case ready = "/health/ready"
  case detailed = "/health/detailed"
  case healthy = "/-/healthy"
  case reload = "/-/reload"
  case scenarios = "/config"
  /// blackbox_exporter's, where modules are in force.
  case probe = "/probe"
  case logs = "/logs"

  /// Whether it is there only with modules.
  var isOfModules: Bool { self == .probe || self == .logs }

  /// The methods that it answers; nil is any, as blackbox_exporter's `/-/healthy` does.
  var methods: [HTTPRequest.Method]? {
    switch self {
    case .healthy, .probe, .logs: nil
    case .reload: [.post, .put]
    default: [.get, .head]
    }
  }
}

/// What nodes of a fleet ask a hub (`FleetProtocol`).
enum FleetRoute: String, Hashable, Sendable, CaseIterable {
  case register = "/fleet/v1/register"
  case beats = "/fleet/v1/beats"
  case work = "/fleet/v1/work"
  case runs = "/fleet/v1/runs"
  /// Whatever nodes of another version ask.
  case other = "/fleet/{version}/{question}"
}

/// The API and the badges: everything that `/api/openapi.json` describes.
package enum APIRoute: String, Hashable, Sendable, CaseIterable {
  case checks = "/api/v1/checks"
  case check = "/api/v1/checks/{check}"
  case runs = "/api/v1/checks/{check}/runs"
  /// One run of a check, by its trace id.
  case run = "/api/v1/checks/{check}/runs/{trace_id}"
  case availability = "/api/v1/checks/{check}/availability"
  case days = "/api/v1/checks/{check}/days"
  case latency = "/api/v1/checks/{check}/latency"
  case objectives = "/api/v1/sla"
  /// The same under its older path.
  case objectivesStatus = "/sla/status"
  case services = "/api/v1/services"
  case service = "/api/v1/services/{service}"
  case incidents = "/api/v1/incidents"
  case incident = "/api/v1/incidents/{incident}"
  case incidentUpdates = "/api/v1/incidents/{incident}/updates"
  case incidentAcknowledgement = "/api/v1/incidents/{incident}/acknowledgement"
  case maintenance = "/api/v1/maintenance"
  case exclusions = "/api/v1/exclusions"
  case exclusionWithdrawal = "/api/v1/exclusions/{exclusion}/withdrawal"
  case months = "/api/v1/months"
  case heartbeat = "/api/v1/heartbeats/{check}"
  case heartbeatBatch = "/api/v1/heartbeats/{check}/batch"
  case nodes = "/api/v1/nodes"
  case regions = "/api/v1/regions"
  case pages = "/api/v1/pages"
  case page = "/api/v1/pages/{page}"
  case openAPI = "/api/openapi.json"
  case statusBadge = "/badges/{check}/status.svg"
  case uptimeBadge = "/badges/{check}/uptime.svg"
  case latencyBadge = "/badges/{check}/latency.svg"
  case statusShield = "/badges/{check}/status.json"
  case uptimeShield = "/badges/{check}/uptime.json"
  case latencyShield = "/badges/{check}/latency.json"

  /// Whether GET answers here.
  package var isRead: Bool {
    switch self {
    case .incidentUpdates, .incidentAcknowledgement, .exclusionWithdrawal, .heartbeat, .heartbeatBatch: false
    default: true
    }
  }

  /// What a token must allow for POST; nil where POST does not answer.
  package var writingScope: APIToken.Scope? {
    switch self {
    case .incidents, .incidentUpdates, .incidentAcknowledgement: .incidents
    case .exclusions, .exclusionWithdrawal: .exclusions
    case .heartbeat, .heartbeatBatch: .heartbeats
    default: nil
    }
  }

  /// The methods that it answers.
  var methods: [HTTPRequest.Method] {
    (isRead ? [.get, .head] : []) + (writingScope == nil ? [] : [.post])
  }
}
