import Exposition
import HTTPTypes
import Model

/// What a handler answers, before the coding and the headers that every answer has.
struct Reply: Sendable {
  /// The media types the server speaks.
  enum MediaType: Hashable, Sendable {
    case json, problem, html, text, svg, atom, rss, calendar, events
    /// One that says everything of itself: a format of metrics, a picture, a script.
    case other(String)

    var text: String {
      switch self {
      case .json: "application/json"
      case .problem: "application/problem+json"
      case .html: "text/html; charset=utf-8"
      case .text: "text/plain; charset=utf-8"
      case .svg: "image/svg+xml; charset=utf-8"
      case .atom: "application/atom+xml; charset=utf-8"
      case .rss: "application/rss+xml; charset=utf-8"
      case .calendar: "text/calendar; charset=utf-8"
      case .events: "text/event-stream"
      case .other(let text): text
      }
    }
  }

  /// What is answered.
  enum Content: Sendable {
    case bytes([UInt8])
    /// What many ask for.
    case rendered(RenderedBytes)
    /// The first piece of what is too much to be held in memory at once, and the maker of the others.
    case pieces([UInt8], Rendering)
    /// What happens, for as long as the reader stays and the stream does not end.
    case events(AsyncStream<[UInt8]>)
  }

  /// How long a reader may keep an answer.
  enum Freshness: Hashable, Sendable {
    /// It is of this moment.
    case never
    /// It may be kept, and is asked for anew each time, with its tag.
    case revalidated
    /// It may be shown for so long without being asked for.
    case seconds(Int)
  }

  var status: HTTPResponse.Status
  var type: MediaType
  var content: Content
  /// Beside those that every answer has.
  var headers: HTTPFields
  var freshness = Freshness.never
  /// Whether pages of other sites may read it, as it is everybody's anyway.
  var isForEverySite = false

  init(status: HTTPResponse.Status = .ok, type: MediaType, bytes: [UInt8], headers: HTTPFields = [:]) {
    self.init(status: status, type: type, content: .bytes(bytes), headers: headers)
  }

  init(
    status: HTTPResponse.Status = .ok, type: MediaType, content: Content, headers: HTTPFields = [:],
    freshness: Freshness = .never
  ) {
    self.status = status
    self.type = type
    self.content = content
    self.headers = headers
    self.freshness = freshness
  }

  /// A page of metrics.
  static func metrics(_ rendering: Rendering, _ format: TextFormat) -> Reply {
    var rendering = rendering
    let first = rendering.next() ?? []
    let content: Content = rendering.isAtEnd ? .bytes(first) : .pieces(first, rendering)
    return Reply(type: .other(format.contentType), content: content)
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

  /// Nothing but the way to another place.
  static func redirect(to place: String, status: HTTPResponse.Status = .seeOther) -> Reply {
    Reply(status: status, type: .text, bytes: [], headers: [.location: place])
  }
}
