import HTTPTypes
import Model
import StatusPages

/// `/api/v1/pages`: status pages as JSON. A private page is there for whoever shows a token that may read pages.
struct PagesAPI: Sendable {
  var access: AccessBook
  var gate: TokenGate
  var desk: PagesDesk

  /// The pages that the reader may look at.
  func list(_ query: Query, _ headers: HTTPFields) throws(Problem) -> Reply {
    try query.finish()
    let seesAll = try seesAll(headers)
    let pages = access.edition.pages.filter { seesAll || $0.access == .everybody }
    var reply = Reply.json { json in
      json.member(
        "pages",
        array: { json in
          for page in pages {
            json.object { json in
              json.member("id", page.id)
              json.member("title", page.title)
              json.member("path", page.path)
              json.member("host", page.host)
              json.member("language", page.language)
              json.member("time_zone", page.timeZone)
              json.member("private", page.access != .everybody)
            }
          }
        })
    }
    reply.isForEverySite = !seesAll
    return reply
  }

  /// One page.
  func one(_ id: String, _ query: Query, _ headers: HTTPFields) async throws -> Reply {
    try query.finish()
    let seesAll = try seesAll(headers)
    guard let page = access.edition.pages.first(where: { $0.id == id && (seesAll || $0.access == .everybody) }) else {
      throw Problem(.unknownPage, "\"\(id)\" is the id of no page that everybody may look at")
    }
    var reply = try await desk.json(page)
    reply.isForEverySite = page.access == .everybody
    return reply
  }

  private func seesAll(_ headers: HTTPFields) throws(Problem) -> Bool {
    guard TokenGate.shown(by: headers) != nil else { return false }
    _ = try gate.admit(headers, to: .pages)
    return true
  }
}
