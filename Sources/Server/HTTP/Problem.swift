import HTTPTypes
import Model

/// An answer that says what is wrong with a request, as RFC 9457 writes it.
struct Problem: Error, Hashable {
  /// The kinds of problem: a closed set, so that clients can tell them apart without reading sentences.
  enum Kind: String, CaseIterable {
    case badParameter = "bad-parameter"
    case unknownParameter = "unknown-parameter"
    case badPath = "bad-path"
    case unknownCheck = "unknown-check"
    case unknownRun = "unknown-run"
    case unknownPath = "unknown-path"
    case wrongMethod = "wrong-method"
    case bodyTooLarge = "body-too-large"
    case crossSite = "cross-site"
    case historyUnavailable = "history-unavailable"

    /// The kind in words; the same for every occurrence, as section 3.1.3 wants it.
    var title: String {
      switch self {
      case .badParameter: "A parameter has a value that is not allowed"
      case .unknownParameter: "There is no such parameter"
      case .badPath: "The path is not well formed"
      case .unknownCheck: "There is no such check"
      case .unknownRun: "The run is not kept"
      case .unknownPath: "There is nothing at this path"
      case .wrongMethod: "The method is not allowed here"
      case .bodyTooLarge: "The body of the request is too large"
      case .crossSite: "Another site may not ask for this"
      case .historyUnavailable: "History cannot be read"
      }
    }

    var status: HTTPResponse.Status {
      switch self {
      case .badParameter, .unknownParameter, .badPath: .badRequest
      case .unknownCheck, .unknownRun, .unknownPath: .notFound
      case .wrongMethod: .methodNotAllowed
      case .bodyTooLarge: .contentTooLarge
      case .crossSite: .forbidden
      case .historyUnavailable: .serviceUnavailable
      }
    }
  }

  var kind: Kind
  /// This occurrence in words, the user's value in quotes.
  var detail: String
  /// The parameter at fault.
  var parameter: String?

  init(_ kind: Kind, _ detail: String, parameter: String? = nil) {
    self.kind = kind
    self.detail = detail
    self.parameter = parameter
  }

  /// As `application/problem+json`.
  func reply(for path: String) -> Reply {
    var json = JSONWriter()
    json.object { json in
      json.member("type", "urn:curlew:problem:" + kind.rawValue)
      json.member("title", kind.title)
      json.member("status", kind.status.code)
      json.member("detail", detail)
      json.member("instance", path)
      if let parameter { json.member("parameter", parameter) }
    }
    return Reply(status: kind.status, type: .problem, bytes: json.line)
  }
}
