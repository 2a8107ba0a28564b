import Expressions
import HTTPTypes

/// What a customer of the demonstration's shop sends.
struct ShopRequest {
  var method: HTTPRequest.Method
  /// As it came, without the query.
  var path: String
  var query: String
  var headers: HTTPFields
  var body: [UInt8]

  /// The parts of the path, decoded; nil for a path that is not well formed.
  var segments: [String]? {
    var segments: [String] = []
    for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let segment = PercentCoding.decoded(part) else { return nil }
      segments.append(segment)
    }
    return segments
  }

  /// The media type of the body in lower case, without parameters.
  var mediaType: String { ContentType.mediaType(of: headers[.contentType] ?? "") }

  /// Fields of a form as browsers send it; nil for bytes that are none. Of two of one name the first stays.
  static func form(_ text: String) -> [String: String]? {
    var fields: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentCoding.decoded(halves[0], plusIsSpace: true),
        let value = PercentCoding.decoded(halves.count > 1 ? halves[1] : "", plusIsSpace: true)
      else { return nil }
      if fields[name] == nil { fields[name] = value }
    }
    return fields
  }

  /// The body as a form.
  func form() throws(ShopReply.Problem) -> [String: String] {
    guard let text = String(validating: body, as: UTF8.self), let fields = Self.form(text) else {
      throw ShopReply.Problem(.badRequest, "the body is no form")
    }
    return fields
  }

  /// The body as a JSON object.
  func object() throws(ShopReply.Problem) -> MapValue {
    guard mediaType == "application/json" else {
      throw ShopReply.Problem(.unsupportedMediaType, "send application/json, not \"\(mediaType)\"")
    }
    let value: Value
    do {
      value = try JSON.parse(body, limits: JSON.Limits(depth: 32, values: 10_000))
    } catch {
      throw ShopReply.Problem(.badRequest, "the body is no JSON: \(error)")
    }
    guard let object = value.asMap else { throw ShopReply.Problem(.badRequest, "send a JSON object") }
    return object
  }

  /// The credentials of a scheme in `Authorization` (RFC 9110 section 11.4).
  func credentials(_ scheme: String) -> String? {
    guard let field = headers[.authorization], field.lowercased().hasPrefix(scheme.lowercased() + " ") else {
      return nil
    }
    return String(field.dropFirst(scheme.count + 1))
  }

  /// The value of a cookie.
  func cookie(_ name: String) -> String? {
    for field in headers[values: .cookie] {
      for pair in field.split(separator: ";") {
        let halves = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if halves.count == 2, halves[0] == name { return String(halves[1]) }
      }
    }
    return nil
  }
}
