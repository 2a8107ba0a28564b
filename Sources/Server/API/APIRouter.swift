import HTTPTypes
import Hummingbird
import Model

/// Answers the routes of the API and the badges.
struct APIRouter: Sendable {
  let sources: ServerSources
  let overviews: OverviewCache
  let gate: TokenGate
  let buckets: TokenBuckets
  let pages: PagesDesk

  /// - Parameters:
  ///   - gate: who may write.
  ///   - pages: what status pages show.
  init(sources: ServerSources, overviews: OverviewCache, gate: TokenGate, pages: PagesDesk) {
    self.sources = sources
    self.overviews = overviews
    self.gate = gate
    self.pages = pages
    // A job that reports every second fits, and so does one that makes up for an hour without a network in batches.
    buckets = TokenBuckets(.init(interval: .milliseconds(100), burst: 60), time: sources.time)
  }

  /// The answer to a request whose method the route has.
  func reply(to route: APIRoute, _ parameters: [String], _ request: Request) async throws -> Reply {
    let query = try Query(request.uri.query)
    if request.method == .post { return try await written(route, parameters, request, query) }
    var reply =
      switch route {
      case .pages, .page: try await page(route, parameters, request, query)
      default: try await read(route, parameters, query)
      }
    if route != .pages, route != .page { reply.isForEverySite = true }
    if reply.freshness == .never { reply.freshness = .revalidated }
    return reply
  }

  // MARK: Reading

  private func read(_ route: APIRoute, _ parameters: [String], _ query: Query) async throws -> Reply {
    let id = parameters.first ?? ""
    switch route {
    case .checks: return try await checks.list(query, overview: await overviews.current())
    case .check: return try checks.one(check(id), query, board: await sources.board.latest())
    case .runs: return try await checks.runs(of: check(id).id, query)
    case .run: return try await checks.run(parameters.last ?? "", of: check(id), query)
    case .availability: return try await objectives.availability(of: check(id), query)
    case .objectives, .objectivesStatus:
      return try await objectives.list(query, board: sources.board.fresh())
    case .days: return try await SeriesAPI(sources: sources).days(of: check(id), query)
    case .latency: return try await SeriesAPI(sources: sources).latency(of: check(id), query)
    case .services:
      return try ServicesAPI().list(query, overview: await overviews.current())
    case .service:
      return try ServicesAPI().one(id, query, overview: await overviews.current())
    case .incidents: return try await incidents().list(query)
    case .incident: return try await incidents().one(id, query)
    case .maintenance: return try entries().maintenance(query)
    case .exclusions: return try await entries().exclusions(query)
    case .months: return try await entries().months(query)
    case .nodes: return try FleetAPI(fleet: fleet()).nodes(query)
    case .regions: return try FleetAPI(fleet: fleet()).regions(query)
    case .openAPI:
      try query.finish()
      return Reply(type: .json, bytes: OpenAPI.document)
    case .statusBadge: return try await badges.badge(.status, as: .picture, of: id, query)
    case .uptimeBadge: return try await badges.badge(.uptime, as: .picture, of: id, query)
    case .latencyBadge: return try await badges.badge(.latency, as: .picture, of: id, query)
    case .statusShield: return try await badges.badge(.status, as: .shield, of: id, query)
    case .uptimeShield: return try await badges.badge(.uptime, as: .shield, of: id, query)
    case .latencyShield: return try await badges.badge(.latency, as: .shield, of: id, query)
    case .pages, .page, .incidentUpdates, .incidentAcknowledgement, .exclusionWithdrawal, .heartbeat, .heartbeatBatch:
      throw Problem(.unknownPath, "nothing is read at this path")
    }
  }

  private func page(
    _ route: APIRoute, _ parameters: [String], _ request: Request, _ query: Query
  ) async throws -> Reply {
    let api = PagesAPI(access: sources.access, gate: gate, desk: pages)
    guard route == .page else { return try api.list(query, request.headers) }
    return try await api.one(parameters.first ?? "", query, request.headers)
  }

  // MARK: Writing

  private func written(
    _ route: APIRoute, _ parameters: [String], _ request: Request, _ query: Query
  ) async throws -> Reply {
    let id = parameters.first ?? ""
    switch route {
    case .heartbeat: return try await heartbeats().one(id, request, query)
    case .heartbeatBatch: return try await heartbeats().batch(id, request, query)
    default: break
    }
    if let scope = route.writingScope { _ = try gate.admit(request.headers, to: scope) }
    try query.finish()
    switch route {
    case .incidents: return try await incidents().report(request)
    case .incidentUpdates: return try await incidents().update(id, request)
    case .incidentAcknowledgement: return try await incidents().acknowledge(id, request)
    case .exclusions:
      let reply = try await entries().exclude(request)
      await pages.forgetDays()
      return reply
    case .exclusionWithdrawal:
      let reply = try await entries().withdraw(id, request)
      await pages.forgetDays()
      return reply
    default: throw Problem(.unknownPath, "nothing is written at this path")
    }
  }

  // MARK: Areas

  private var checks: ChecksAPI { ChecksAPI(sources: sources) }
  private var objectives: ObjectivesAPI { ObjectivesAPI(sources: sources) }
  private var badges: BadgesAPI { BadgesAPI(sources: sources, overviews: overviews) }

  private func incidents() throws(Problem) -> IncidentsAPI {
    try IncidentsAPI(records: records(), catalogue: sources.catalogue, time: sources.time)
  }

  private func entries() throws(Problem) -> RecordsAPI {
    try RecordsAPI(records: records(), catalogue: sources.catalogue, time: sources.time)
  }

  private func heartbeats() throws(Problem) -> HeartbeatsAPI {
    try HeartbeatsAPI(
      records: records(), catalogue: sources.catalogue, gate: gate, buckets: buckets, time: sources.time)
  }

  private func records() throws(Problem) -> RecordSources {
    guard let records = sources.records else { throw Problem(.unknownPath, "nothing of this is kept here") }
    return records
  }

  private func fleet() throws(Problem) -> FleetSources {
    guard let fleet = sources.fleet else {
      throw Problem(.unknownPath, "this curlew is no hub, and has no nodes: `curlew hub` runs one")
    }
    return fleet
  }

  private func check(_ id: String) throws(Problem) -> Check {
    guard let known = CheckID(id), let check = sources.catalogue.edition[known] else {
      throw Problem(.unknownCheck, "\"\(id)\" is the id of no check; /api/v1/checks names all of them")
    }
    return check
  }
}
