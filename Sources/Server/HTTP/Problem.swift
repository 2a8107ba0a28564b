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
    case unknownService = "unknown-service"
    case unknownIncident = "unknown-incident"
    case unknownExclusion = "unknown-exclusion"
    case unknownPage = "unknown-page"
    case notJSON = "not-json"
    case badBody = "bad-body"
    case conflict
    case noTokens = "no-tokens"
    case unauthorized
    case forbidden
    case tooMany = "too-many-requests"
    case tooManyReaders = "too-many-readers"
    case noLeader = "no-leader"

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
      case .unknownService: "There is no such service"
      case .unknownIncident: "There is no such incident"
      case .unknownExclusion: "There is no such exclusion"
      case .unknownPage: "There is no such status page"
      case .notJSON: "The body of the request is not JSON"
      case .badBody: "The body of the request says something that is not allowed"
      case .conflict: "What is there already forbids it"
      case .noTokens: "Nobody may change anything here"
      case .unauthorized: "A token is needed"
      case .forbidden: "The token does not allow it"
      case .tooMany: "Too many requests"
      case .tooManyReaders: "Too many readers are connected"
      case .noLeader: "No replica of the hub decides"
      }
    }

    var status: HTTPResponse.Status {
      switch self {
      case .badParameter, .unknownParameter, .badPath: .badRequest
      case .unknownCheck, .unknownRun, .unknownPath, .unknownService, .unknownIncident, .unknownExclusion,
        .unknownPage:
        .notFound
      case .wrongMethod: .methodNotAllowed
      case .bodyTooLarge: .contentTooLarge
      case .crossSite, .noTokens, .forbidden: .forbidden
      case .historyUnavailable, .tooManyReaders, .noLeader: .serviceUnavailable
      case .notJSON: .unsupportedMediaType
      case .badBody: .unprocessableContent
      case .conflict: .conflict
      case .unauthorized: .unauthorized
      case .tooMany: .tooManyRequests
      }
    }
  }

  var kind: Kind
  /// This occurrence in words, the user's value in quotes.
  var detail: String
  /// The parameter at fault.
  var parameter: String?
  /// The members of the body at fault.
  var errors: [BodyFault] = []
  /// When to ask again.
  var retryAfter: Duration?

  init(_ kind: Kind, _ detail: String, parameter: String? = nil) {
    self.kind = kind
    self.detail = detail
    self.parameter = parameter
  }

  /// What is said where no replica of a hub has taken the lead for a while.
  init(undecided detail: String) {
    self.init(.noLeader, detail)
    retryAfter = .seconds(1)
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
      if !errors.isEmpty {
        json.member(
          "errors",
          array: { json in
            for fault in errors {
              json.object { json in
                json.member("pointer", fault.pointer)
                json.member("detail", fault.detail)
              }
            }
          })
      }
    }
    var reply = Reply(status: kind.status, type: .problem, bytes: json.line)
    if kind == .unauthorized { reply.headers[.wwwAuthenticate] = "Bearer realm=\"curlew\"" }
    if let retryAfter { reply.headers[.retryAfter] = String(max(1, Int(retryAfter.seconds.rounded(.up)))) }
    return reply
  }
}

/// What is wrong with one member of a body.
struct BodyFault: Hashable, Sendable {
  /// Which one (RFC 6901).
  var pointer: String
  /// In words, the value in quotes.
  var detail: String
}
