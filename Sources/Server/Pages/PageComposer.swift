import Calendars
import Logging
import Model
import ServiceLevels
import StatusPages

/// Makes what status pages show from what the program knows.
struct PageComposer: Sendable {
  /// How far back the first page tells of incidents, and how far ahead of planned work.
  private static let fortnight = Duration.seconds(14 * 86_400)
  /// More than a reader reads.
  private static let mostIncidents = 200

  let sources: ServerSources
  let overviews: OverviewCache
  let dayBook: DayBook
  let logger: Logger

  /// The first page.
  func overview(_ definition: PageDefinition) async -> PageContent {
    let overview = await overviews.current()
    let table = await readable { try await dayBook.table(of: Self.calendar(definition)) }
    let sections = await Self.sections(of: definition, overview: overview, table: table)
    let shown = Set(sections.lazy.flatMap(\.entries).map(\.check))
    let now = sources.time.now
    let open = await incidents(IncidentQuery(isOpen: true, isPublished: true, limit: Self.mostIncidents))
    let past = await incidents(
      IncidentQuery(from: now - Self.fortnight, isOpen: false, isPublished: true, limit: Self.mostIncidents))
    let filter = IncidentFilter(definition: definition, shown: shown)
    return PageContent(
      definition: definition, at: now, sections: sections, openIncidents: open.compactMap(filter.told),
      pastIncidents: past.compactMap(filter.told),
      maintenance: maintenance(of: shown, in: overview.edition, from: now, until: now + Self.fortnight),
      hasFigures: table != nil)
  }

  /// Which checks and services a page shows.
  func shown(_ definition: PageDefinition) -> [Check] {
    PageSelector(edition: sources.catalogue.edition).sections(of: definition).flatMap(\.checks)
  }

  // MARK: Parts

  /// Nil, and a line in the log, where history cannot be read: a page without figures is better than none.
  private func readable<Value: Sendable>(_ read: () async throws -> Value) async -> Value? {
    do {
      return try await read()
    } catch {
      if !Task.isCancelled {
        logger.warning("history could not be read for a status page", metadata: ["error": "\(error)"])
      }
      return nil
    }
  }

  func incidents(_ query: IncidentQuery) async -> [Incident] {
    guard let records = sources.records else { return [] }
    return await readable { try await records.incidents.incidents(query).incidents } ?? []
  }

  private func maintenance(
    of shown: Set<CheckID>, in edition: CheckCatalogue.Edition, from: Timestamp, until: Timestamp
  ) -> [MaintenanceOccurrence] {
    (sources.records?.maintenance(from, until) ?? []).compactMap { occurrence in
      let checks = shown.filter { id in edition[id].map { occurrence.scope.includes($0) } ?? false }
      guard !checks.isEmpty else { return nil }
      var told = occurrence
      told.scope = MaintenanceScope(checks: checks)
      return told
    }
  }

  static func calendar(_ definition: PageDefinition) -> LocalCalendar {
    // The service file names no zone that is not known.
    LocalCalendar(timeZone: definition.timeZone) ?? .utc
  }

  /// Away from the thread of whoever asks: five thousand checks with ninety days each are a tenth of a second.
  @concurrent
  private static func sections(
    of definition: PageDefinition, overview: Overview, table: DayBook.Table?
  ) async -> [PageContent.Section] {
    PageSelector(edition: overview.edition).sections(of: definition).map { section in
      let entries = section.checks.map { check in
        entry(
          of: check, definition: definition, overview: overview, days: table?.days(of: check.id, count: definition.days)
        )
      }
      return PageContent.Section(title: section.title, isFolded: section.isFolded, entries: entries)
    }
  }

  static func entry(
    of check: Check, definition: PageDefinition, overview: Overview, days: (days: [DayFigures], sum: SlotTally)?
  ) -> PageEntry {
    let standing = overview.standing(of: check.id) ?? CheckStanding(state: .waiting)
    let availability = days.map { Availability($0.sum, objective: check.objective.availability) }
    let regions = standing.regions.count < 2 ? [] : standing.regions
    return PageEntry(
      check: check.id, name: check.name, isService: check.kind == .service, state: PageState(standing),
      since: standing.since, cause: definition.showsCauses ? standing.cause?.message : nil, days: days?.days ?? [],
      availability: availability?.availability, coverage: availability?.coverage, objective: check.objective,
      p95: overview.board?[check.id]?.latency?.p95,
      regions: regions.map { region in
        .init(
          name: region.name,
          state: region.isOverdue ? .unknown : PageState(region.verdict, isInMaintenance: region.isInMaintenance))
      })
  }
}

extension PageState {
  /// What a page says of a check.
  init(_ standing: CheckStanding) {
    self =
      switch standing.state {
      case .disabled: .disabled
      case .waiting: .waiting
      default: standing.isInMaintenance ? .maintenance : standing.state.verdict.map { PageState($0) } ?? .unknown
      }
  }

  init(_ verdict: Verdict, isInMaintenance: Bool = false) {
    self =
      switch verdict {
      case _ where isInMaintenance: .maintenance
      case .up: .up
      case .degraded: .degraded
      case .down: .down
      case .unknown: .unknown
      }
  }
}
