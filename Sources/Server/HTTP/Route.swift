import HTTPTypes
import Model

/// What a path stands for.
enum Route: Hashable, Sendable {
  case page
  case metrics
  case live, ready, detailed
  case healthy
  case reload
  case scenarios
  /// blackbox_exporter's `/probe` and `/logs`, where modules are in force.
  case probe, logs
  case checks
  case check(String)
  case runs(String)
  /// One run of a check, by its trace id.
  case run(String, String)
  case availability(String)
  case objectives

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

  /// The route at a path as it came over the wire, without its query.
  ///
  /// - Returns: nil when nothing is there.
  /// - Throws: `Problem` for a path that is not well formed.
  init?(path: String) throws(Problem) {
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
    switch segments.count {
    case 1:
      switch segments[0] {
      case "": self = .page
      case "metrics": self = .metrics
      case "health": self = .live
      case "config": self = .scenarios
      case "probe": self = .probe
      case "logs": self = .logs
      default: return nil
      }
    case 2:
      switch (segments[0], segments[1]) {
      case ("health", "ready"): self = .ready
      case ("health", "detailed"): self = .detailed
      case ("-", "healthy"): self = .healthy
      case ("-", "reload"): self = .reload
      case ("sla", "status"): self = .objectives
      default: return nil
      }
    case 3...6 where segments[0] == "api" && segments[1] == "v1":
      switch (segments.count, segments[2]) {
      case (3, "checks"): self = .checks
      case (3, "sla"): self = .objectives
      case (4, "checks"): self = .check(segments[3])
      case (6, "checks") where segments[4] == "runs": self = .run(segments[3], segments[5])
      case (5, "checks"):
        switch segments[4] {
        case "runs": self = .runs(segments[3])
        case "availability": self = .availability(segments[3])
        default: return nil
        }
      default: return nil
      }
    default: return nil
    }
  }
}
