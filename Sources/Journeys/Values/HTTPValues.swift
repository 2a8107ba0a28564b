import Expressions
import Model

/// The facts of an HTTP exchange as values.
enum HTTPValues {
  /// Names that have no value before there was an answer.
  static let answerNames: Set<String> = [
    "status", "headers", "header_values", "cookies", "body", "body_bytes", "size", "json", "version",
  ]

  static func value(of name: String, in http: HTTPFacts, now: Timestamp) throws(EvaluationError) -> Value? {
    switch name {
    case "status": return .int(Int64(http.status))
    case "headers": return .map(MapValue(joined(http.headers)))
    case "header_values": return .map(MapValue(grouped(http.headers).map { ($0, .list($1.map { .string($0) })) }))
    case "cookies": return .map(cookies(http.headers, now: now))
    case "body": return .string(try BodyText.decode(http.body, contentType: http.contentType))
    case "body_bytes": return .bytes(http.body)
    case "size": return .int(Int64(http.size))
    case "url": return .string(http.url)
    case "redirects": return .int(Int64(http.redirects))
    case "version": return .string(http.version)
    default: return nil
    }
  }

  private static func joined(_ headers: [HeaderField]) -> [(String, Value)] {
    grouped(headers).map { ($0, .string($1.joined(separator: ", "))) }
  }

  /// Values by lower-case name, names in the order of their first field.
  private static func grouped(_ headers: [HeaderField]) -> [(String, [String])] {
    var places: [String: Int] = [:]
    var groups: [(String, [String])] = []
    for header in headers {
      let name = header.name.lowercased()
      if let place = places[name] {
        groups[place].1.append(header.value)
      } else {
        places[name] = groups.count
        groups.append((name, [header.value]))
      }
    }
    return groups
  }

  /// What this answer set; of two cookies of one name the later one.
  private static func cookies(_ headers: [HeaderField], now: Timestamp) -> MapValue {
    var cookies: [String: Value] = [:]
    for header in headers where header.name.lowercased() == "set-cookie" {
      guard let cookie = SetCookie(header.value, receivedAt: now) else { continue }
      cookies[cookie.name] = .map(
        MapValue([
          ("value", .string(cookie.value)),
          ("path", .string(cookie.path)),
          ("domain", .string(cookie.domain)),
          ("secure", .bool(cookie.isSecure)),
          ("http_only", .bool(cookie.isHTTPOnly)),
          ("same_site", .string(cookie.sameSite)),
          ("expires", cookie.expires.map { .timestamp(TimestampValue($0)) } ?? .null),
        ]))
    }
    return MapValue(cookies)
  }
}

extension HTTPFacts {
  /// The value of the last Content-Type field; empty without one.
  package var contentType: String {
    headers.last { $0.name.lowercased() == "content-type" }?.value ?? ""
  }
}
