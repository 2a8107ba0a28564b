import Expressions
import HTTPTypes
import Model

/// What the demonstration's shop answers.
struct ShopReply {
  /// A request that is answered with what is wrong with it.
  struct Problem: Error {
    var status: HTTPResponse.Status
    var detail: String
    var headers: HTTPFields

    init(_ status: HTTPResponse.Status, _ detail: String, headers: HTTPFields = [:]) {
      self.status = status
      self.detail = detail
      self.headers = headers
    }

    var reply: ShopReply { .problem(status, detail, headers: headers) }
  }

  var status: HTTPResponse.Status
  /// Nil without a body.
  var type: String?
  var body: [UInt8]
  var headers: HTTPFields = [:]
  /// How long the shop thinks about it first.
  var delay = Duration.zero

  /// No body at all.
  static func empty(_ status: HTTPResponse.Status, headers: HTTPFields = [:]) -> ShopReply {
    ShopReply(status: status, type: nil, body: [], headers: headers)
  }

  /// A page with a title; `body` is markup of our own.
  static func page(_ title: StaticString, status: HTTPResponse.Status = .ok, _ body: (inout HTMLWriter) -> Void)
    -> ShopReply
  {
    var html = HTMLWriter()
    html.markup("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
    html.markup(title)
    html.markup("</title>")
    body(&html)
    html.markup("</html>\n")
    return ShopReply(status: status, type: "text/html; charset=utf-8", body: html.bytes)
  }

  /// What `write` writes as JSON.
  static func json(
    _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], _ write: (inout JSONWriter) -> Void
  ) -> ShopReply {
    var json = JSONWriter()
    json.object(write)
    return ShopReply(status: status, type: "application/json", body: json.line, headers: headers)
  }

  /// A value as JSON. Values of the shop are made of texts and numbers, and none of them fails to be written.
  static func json(_ value: Value) -> ShopReply {
    ShopReply(status: .ok, type: "application/json", body: Array(((try? JSON.write(value)) ?? "null").utf8))
  }

  /// `{"error": …}`.
  static func problem(
    _ status: HTTPResponse.Status, _ detail: String, headers: HTTPFields = [:]
  ) -> ShopReply {
    json(status, headers: headers) { $0.member("error", detail) }
  }
}
