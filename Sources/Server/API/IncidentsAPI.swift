import HTTPTypes
import Hummingbird
import Incidents
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
        "incidents", array: { json in for incident in page.incidents { IncidentJSON.write(incident, to: &json) } })
      json.member("next", page.next?.text)
    }
  }

  /// One incident with its story.
  func one(_ id: String, _ query: Query) async throws -> Reply {
    try query.finish()
    let number = try number(id)
    guard let incident = try await records.incidents.incident(number) else { throw Self.unknown(id) }
    return Reply.json(incident)
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
    let incident = try await told {
      try await records.incidentDesk.report(
        title: title, impacts: impacts ?? [], state: state ?? .investigating, text: text, author: author,
        isPublished: isPublished ?? true, began: began, ended: nil)
    }
    var reply = Reply.json(status: .created, incident)
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
    let incident = try await told {
      try await records.incidentDesk.say(text, of: number, state: state, author: author, impacts: impacts)
    }
    return Reply.json(status: .created, incident)
  }

  /// Says that somebody takes care.
  func acknowledge(_ id: String, _ request: Request) async throws -> Reply {
    let number = try number(id)
    let body = try await BodyReader(JSONBody.value(of: request))
    let name = body.requiredText("by", limit: Limits.name, allowsLineEnds: false)
    let note = body.text("note", limit: Limits.text)
    try body.finish()
    guard let name else { throw BodyReader.problem([]) }
    let incident = try await told { try await records.incidentDesk.acknowledge(number, by: name, note: note) }
    return Reply.json(incident)
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

  /// What the keeper of incidents has against it, as a problem.
  private func told(_ ask: () async throws -> Incident) async throws -> Incident {
    do {
      return try await ask()
    } catch let fault as IncidentFault {
      switch fault {
      case .unknownIncident(let id): throw Self.unknown("\(id)")
      case .alreadyResolved, .resolvesByItself, .tooManyUpdates: throw Problem(.conflict, "\(fault)")
      case .unknownCheck, .tooManyImpacts:
        throw BodyReader.problem([BodyFault(pointer: "/impacts", detail: "\(fault)")])
      case .empty(let field), .tooLong(let field, _), .controlCharacter(let field):
        throw BodyReader.problem([BodyFault(pointer: "/\(field.rawValue)", detail: "\(fault)")])
      case .inTheFuture, .endsBeforeItBegins:
        throw BodyReader.problem([BodyFault(pointer: "/began", detail: "\(fault)")])
      case .undecided: throw Problem(undecided: "\(fault)")
      case .storeFails: throw fault
      }
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

extension Reply {
  /// An incident with its story.
  fileprivate static func json(status: HTTPResponse.Status = .ok, _ incident: Incident) -> Reply {
    var json = JSONWriter()
    IncidentJSON.write(incident, to: &json)
    return Reply(status: status, type: .json, bytes: json.line)
  }
}
