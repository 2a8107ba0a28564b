import Hummingbird
import Model

/// `/api/v1/incidents` and what stands below it.
struct IncidentsAPI: Sendable {
  /// What people write, in characters.
  private enum Limits {
    static let title = 200
    static let text = 10_000
    static let name = 200
  }

  var records: RecordSources
  var catalogue: CheckCatalogue
  var time: any TimeSource

  private enum Openness: String, CaseIterable {
    case open, resolved
  }

  /// Incidents, latest begin first, page by page.
  func list(_ query: Query) async throws -> Reply {
    var query = query
    let check = try query.take("check", allowed: "give the id of a check or a service") { CheckID($0) }
    let state = try query.take("state", allowed: "give open or resolved") { Openness(rawValue: $0) }
    let from = try query.takeTimestamp("from")
    let to = try query.takeTimestamp("to")
    let limit = try query.takeInteger("limit", in: 1...1000) ?? 100
    let cursor = try query.take("cursor", allowed: "give the \"next\" of the page before") { IncidentCursor($0) }
    try query.finish()
    let page = try await records.incidents.incidents(
      IncidentQuery(
        checks: check.map { [$0] }, from: from, to: to, isOpen: state.map { $0 == .open }, limit: limit,
        cursor: cursor))
    return Reply.json { json in
      json.member(
        "incidents", array: { json in for incident in page.incidents { json.object { $0.write(incident) } } })
      json.member("next", page.next?.text)
    }
  }

  /// One incident with its story.
  func one(_ id: String, _ query: Query) async throws -> Reply {
    try query.finish()
    let number = try number(id)
    guard let incident = try await records.incidents.incident(number) else { throw Self.unknown(id) }
    return Reply.json { $0.write(incident) }
  }

  /// Begins an incident that somebody writes.
  func report(_ request: Request) async throws -> Reply {
    let body = try await BodyReader(JSONBody.value(of: request))
    let title = body.requiredText("title", limit: Limits.title, allowsLineEnds: false)
    let text = body.requiredText("text", limit: Limits.text)
    let author = body.requiredText("author", limit: Limits.name, allowsLineEnds: false)
    let state = body.choice("state", of: IncidentState.self)
    let began = body.moment("began")
    if let began, began > time.now { body.fault("began", "\"\(began)\" has not come yet") }
    let impacts = impacts(in: body)
    let isPublished = body.flag("published")
    try body.finish()
    guard let title, let text, let author else { throw BodyReader.problem([]) }
    let incident = try await records.incidentDesk.report(
      IncidentDraft(
        title: title, text: text, author: author, state: state ?? .investigating, impacts: impacts ?? [],
        began: began, isPublished: isPublished ?? true))
    var reply = Reply.json(status: .created) { $0.write(incident) }
    reply.headers[.location] = "/api/v1/incidents/\(incident.id)"
    return reply
  }

  /// Adds words to an incident.
  func update(_ id: String, _ request: Request) async throws -> Reply {
    let number = try number(id)
    let body = try await BodyReader(JSONBody.value(of: request))
    let text = body.requiredText("text", limit: Limits.text)
    let author = body.requiredText("author", limit: Limits.name, allowsLineEnds: false)
    let state = body.choice("state", of: IncidentState.self)
    let impacts = impacts(in: body)
    try body.finish()
    guard let text, let author else { throw BodyReader.problem([]) }
    let remark = IncidentRemark(text: text, author: author, state: state, impacts: impacts)
    guard let incident = try await records.incidentDesk.add(remark, to: number) else { throw Self.unknown(id) }
    return Reply.json(status: .created) { $0.write(incident) }
  }

  /// Says that somebody takes care.
  func acknowledge(_ id: String, _ request: Request) async throws -> Reply {
    let number = try number(id)
    let body = try await BodyReader(JSONBody.value(of: request))
    let name = body.requiredText("by", limit: Limits.name, allowsLineEnds: false)
    let note = body.text("note", limit: Limits.text)
    try body.finish()
    guard let name else { throw BodyReader.problem([]) }
    guard let incident = try await records.incidentDesk.acknowledge(number, by: name, note: note) else {
      throw Self.unknown(id)
    }
    return Reply.json { $0.write(incident) }
  }

  private func impacts(in body: BodyReader) -> [Impact]? {
    let edition = catalogue.edition
    return body.objects("impacts", atMost: 1000)?.compactMap { item in
      item.require("check")
      item.require("level")
      let check = item.check("check") { edition[$0] != nil }
      let level = item.choice("level", of: Impact.Level.self)
      body.finish(item)
      guard let check, let level else { return nil }
      return Impact(check: check, level: level)
    }
  }

  private func number(_ text: String) throws(Problem) -> Int64 {
    guard let number = Int64(text), number > 0, "\(number)" == text else { throw Self.unknown(text) }
    return number
  }

  private static func unknown(_ id: String) -> Problem {
    Problem(.unknownIncident, "\"\(id)\" is the number of no incident; /api/v1/incidents names all of them")
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ incident: Incident) {
    member("id", Int(incident.id))
    member("origin", incident.origin.rawValue)
    member("check", incident.check?.text)
    member("title", incident.title)
    member("state", incident.state.rawValue)
    member("began", incident.began)
    member("opened", incident.opened)
    member("ended", incident.ended)
    if let cause = incident.cause {
      member(
        "cause",
        object: { json in
          json.member("code", cause.code?.rawValue)
          json.member("step", cause.step)
          json.member("expression", cause.expression)
          json.member("message", cause.message)
        })
    } else {
      null("cause")
    }
    member("consequence_of", incident.consequenceOf.map { Int($0) })
    if let acknowledgement = incident.acknowledgement {
      member(
        "acknowledgement",
        object: { json in
          json.member("by", acknowledgement.by)
          json.member("note", acknowledgement.note)
          json.member("at", acknowledgement.at)
        })
    } else {
      null("acknowledgement")
    }
    member("published", incident.isPublished)
    member(
      "impacts",
      array: { json in
        for impact in incident.impacts {
          json.object { json in
            json.member("check", impact.check.text)
            json.member("level", impact.level.rawValue)
          }
        }
      })
    member(
      "updates",
      array: { json in
        for update in incident.updates {
          json.object { json in
            json.member("at", update.at)
            json.member("kind", update.kind.rawValue)
            json.member("author", update.author)
            json.member("state", update.state?.rawValue)
            json.member("text", update.text)
          }
        }
      })
  }
}
