import HTTPTypes
import Model
import ServiceLevels
import StatusPages

/// `/badges`: small pictures for READMEs, and the same for shields.io.
struct BadgesAPI: Sendable {
  /// What a badge tells.
  enum Subject: Sendable {
    case status, uptime, latency
  }

  /// As it is sent.
  enum Form: Sendable {
    case picture, shield
  }

  private static let labelLimit = 60
  /// Image proxies ask again after this long.
  private static let freshness = 60

  var sources: ServerSources
  var overviews: OverviewCache

  /// A badge of one check: `?window=30d&label=shop`.
  func badge(_ subject: Subject, as form: Form, of id: String, _ query: Query) async throws -> Reply {
    var query = query
    let label = try query.take("label", allowed: "give at most \(Self.labelLimit) characters") {
      $0.unicodeScalars.count <= Self.labelLimit ? $0 : nil
    }
    var window: Duration?
    if subject != .status {
      window = try query.take("window", allowed: "give a duration such as 1h, 7d or 30d, ten years at most") {
        WindowText.duration($0)
      }
    }
    try query.finish()
    guard let check = CheckID(id).flatMap({ sources.catalogue.edition[$0] }) else {
      guard form == .picture else {
        throw Problem(.unknownCheck, "\"\(id)\" is the id of no check; /api/v1/checks names all of them")
      }
      // Where a problem would be a broken picture.
      return Self.reply(Badge.missing(label: label ?? "curlew"), as: form, isMissing: true)
    }
    return try await Self.reply(badge(subject, of: check, label: label, window: window), as: form)
  }

  private func badge(_ subject: Subject, of check: Check, label: String?, window: Duration?) async throws -> Badge {
    switch subject {
    case .status:
      let overview = await overviews.current()
      let standing = overview.standing(of: check.id) ?? CheckStanding(state: .waiting)
      return .status(label: label ?? check.name, state: PageState(standing))
    case .uptime:
      let label = label ?? "uptime \(window.map { ObjectiveWindow.rolling($0).text } ?? check.objective.window.text)"
      let target = check.objective.availability
      guard let window else {
        let figures = try await sources.board.fresh()[check.id]
        return .uptime(label: label, availability: figures?.availability.availability, objective: target)
      }
      let now = sources.time.now
      let rows = try await sources.store.tallies(TallyQuery(checks: [check.id], from: now - window, to: now))
      let tally = rows.first { $0.check == check.id }?.tally ?? SlotTally()
      return .uptime(
        label: label, availability: Availability(tally, objective: target).availability, objective: target)
    case .latency:
      let now = sources.time.now
      let from = window.map { now - $0 } ?? now - .seconds(86_400)
      let latency = try await sources.store.latency(of: check.id, region: nil, from: from, to: now)
      let label = label ?? "p95 \(window.map { ObjectiveWindow.rolling($0).text } ?? "24h")"
      return .latency(label: label, p95: latency.percentile(0.95), limit: check.objective.latency?.below)
    }
  }

  private static func reply(_ badge: Badge, as form: Form, isMissing: Bool = false) -> Reply {
    Reply(
      status: isMissing ? .notFound : .ok, type: form == .picture ? .svg : .json,
      content: .bytes(form == .picture ? badge.svg() : badge.shields()), freshness: .seconds(freshness))
  }
}
