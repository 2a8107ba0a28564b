import Exposition
import HTTPTypes
import Model

/// What a handler answers, before the coding and the headers that every answer has.
struct Reply: Sendable {
  /// The media types the server speaks.
  enum MediaType: Hashable, Sendable {
    case json, problem, html, text
    /// A format of metrics, which names its own version.
    case metrics(String)

    var text: String {
      switch self {
      case .json: "application/json"
      case .problem: "application/problem+json"
      case .html: "text/html; charset=utf-8"
      case .text: "text/plain; charset=utf-8"
      case .metrics(let text): text
      }
    }
  }

  /// What is answered.
  enum Content: Sendable {
    case bytes([UInt8])
    /// The first piece of what is too much to be held in memory at once, and the maker of the others.
    case pieces([UInt8], Rendering)
  }

  var status: HTTPResponse.Status
  var type: MediaType
  var content: Content
  /// Beside those that every answer has.
  var headers: HTTPFields

  init(status: HTTPResponse.Status = .ok, type: MediaType, bytes: [UInt8], headers: HTTPFields = [:]) {
    self.init(status: status, type: type, content: .bytes(bytes), headers: headers)
  }

  private init(status: HTTPResponse.Status, type: MediaType, content: Content, headers: HTTPFields) {
    self.status = status
    self.type = type
    self.content = content
    self.headers = headers
  }

  /// A page of metrics.
  static func metrics(_ rendering: Rendering, _ format: TextFormat) -> Reply {
    var rendering = rendering
    let first = rendering.next() ?? []
    let content: Content = rendering.isAtEnd ? .bytes(first) : .pieces(first, rendering)
    return Reply(status: .ok, type: .metrics(format.contentType), content: content, headers: [:])
  }

  /// Plain text.
  static func text(_ text: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Reply {
    Reply(status: status, type: .text, bytes: Array(text.utf8), headers: headers)
  }

  /// What `write` writes, as JSON.
  static func json(status: HTTPResponse.Status = .ok, _ write: (inout JSONWriter) throws -> Void) rethrows -> Reply {
    var json = JSONWriter()
    try json.object(write)
    return Reply(status: status, type: .json, bytes: json.line)
  }
}
