package import Model
package import ServiceLevels

/// What a status page shows at one moment: values alone, which `StatusPages` turns into HTML, JSON and feeds.
package struct PageContent: Sendable {
  package var definition: PageDefinition
  /// The moment that it speaks of.
  package var at: Timestamp
  /// In order, none of them empty.
  package var sections: [Section]
  /// Those that last and are published, latest begin first.
  package var openIncidents: [Incident]
  /// Those of the last two weeks that are over and published, latest begin first.
  package var pastIncidents: [Incident]
  /// Planned work that is under way or begins within two weeks, next first. The checks of a scope are those of this page that
  /// it is about; groups and labels are not shown.
  package var maintenance: [MaintenanceOccurrence]
  /// Whether history could be read; without it there are no figures.
  package var hasFigures: Bool

  /// A heading and what stands under it.
  package struct Section: Sendable {
    /// Nil for what stands under no heading.
    package var title: String?
    package var isFolded: Bool
    package var entries: [PageEntry]

    /// A section with everything said.
    package init(title: String?, isFolded: Bool = false, entries: [PageEntry]) {
      self.title = title
      self.isFolded = isFolded
      self.entries = entries
    }
  }

  /// Content with everything said.
  package init(
    definition: PageDefinition, at: Timestamp, sections: [Section], openIncidents: [Incident] = [],
    pastIncidents: [Incident] = [], maintenance: [MaintenanceOccurrence] = [], hasFigures: Bool = true
  ) {
    self.definition = definition
    self.at = at
    self.sections = sections
    self.openIncidents = openIncidents
    self.pastIncidents = pastIncidents
    self.maintenance = maintenance
    self.hasFigures = hasFigures
  }

  /// Everything that it shows.
  package var entries: some Sequence<PageEntry> { sections.lazy.flatMap(\.entries) }
}

/// What a page says of a check or a service.
package enum PageState: String, Hashable, Sendable, CaseIterable {
  case down, unknown, degraded, maintenance, up, waiting, disabled
}

/// One check or service on a page.
package struct PageEntry: Sendable {
  package var check: CheckID
  package var name: String
  package var isService: Bool
  package var state: PageState
  /// Since when it has held, as far as it is known.
  package var since: Timestamp?
  /// Why it is not up, in the words of the run; nil where the page does not show causes.
  package var cause: String?
  /// Oldest first, the last one is today.
  package var days: [DayFigures]
  /// Over all the days shown.
  package var availability: Ratio?
  package var coverage: Ratio?
  /// What is promised of it.
  package var objective: Objective
  /// Of good runs over the objective's window.
  package var p95: Duration?
  /// What each region says, by name, where there are several.
  package var regions: [RegionState]

  /// What is held in one region.
  package struct RegionState: Hashable, Sendable {
    package var name: String
    package var state: PageState

    /// A region with what is held there.
    package init(name: String, state: PageState) {
      self.name = name
      self.state = state
    }
  }

  /// An entry with everything said.
  package init(
    check: CheckID, name: String, isService: Bool = false, state: PageState, since: Timestamp? = nil,
    cause: String? = nil, days: [DayFigures] = [], availability: Ratio? = nil, coverage: Ratio? = nil,
    objective: Objective = .standard, p95: Duration? = nil, regions: [RegionState] = []
  ) {
    self.check = check
    self.name = name
    self.isService = isService
    self.state = state
    self.since = since
    self.cause = cause
    self.days = days
    self.availability = availability
    self.coverage = coverage
    self.objective = objective
    self.p95 = p95
    self.regions = regions
  }
}

/// What became of one day: a bar.
package struct DayFigures: Hashable, Sendable {
  package var date: LocalDate
  package var tally: SlotTally

  /// A day with its counts.
  package init(date: LocalDate, tally: SlotTally) {
    self.date = date
    self.tally = tally
  }
}

/// The page of one check or service.
package struct CheckPageContent: Sendable {
  package var definition: PageDefinition
  package var at: Timestamp
  /// With up to 365 days.
  package var entry: PageEntry
  /// Over the windows that people compare: 24 hours, 7, 30, 90 and 365 days.
  package var windows: [WindowFigures]
  /// Oldest first.
  package var latency: [LatencyPoint]
  /// Those of a year that hurt it and are published, latest begin first.
  package var incidents: [Incident]
  /// What the checks and services of the page are called. Nothing is said of a check that the page does not show.
  package var names: [CheckID: String]

  /// What was kept over one window.
  package struct WindowFigures: Sendable {
    /// As people write it: `30d`.
    package var window: String
    package var tally: SlotTally
    package var availability: Availability

    /// A window with what was kept.
    package init(window: String, tally: SlotTally, availability: Availability) {
      self.window = window
      self.tally = tally
      self.availability = availability
    }
  }

  /// How fast good runs were in one piece of time; nils where there were none.
  package struct LatencyPoint: Hashable, Sendable {
    package var from: Timestamp
    package var until: Timestamp
    package var p50: Duration?
    package var p95: Duration?
    package var p99: Duration?

    /// A point with everything said.
    package init(from: Timestamp, until: Timestamp, p50: Duration?, p95: Duration?, p99: Duration?) {
      self.from = from
      self.until = until
      self.p50 = p50
      self.p95 = p95
      self.p99 = p99
    }
  }

  /// Content with everything said.
  package init(
    definition: PageDefinition, at: Timestamp, entry: PageEntry, windows: [WindowFigures] = [],
    latency: [LatencyPoint] = [], incidents: [Incident] = [], names: [CheckID: String] = [:]
  ) {
    self.definition = definition
    self.at = at
    self.entry = entry
    self.windows = windows
    self.latency = latency
    self.incidents = incidents
    self.names = names
  }
}

/// The page of one month.
package struct MonthPageContent: Sendable {
  package var definition: PageDefinition
  package var at: Timestamp
  package var month: YearMonth
  /// The first month that anything is known of, for the link back.
  package var firstMonth: YearMonth
  /// In the order of the page.
  package var rows: [Row]
  /// Published ones that lasted in it, latest begin first.
  package var incidents: [Incident]

  /// What was kept by one check or service in the month.
  package struct Row: Sendable {
    package var check: CheckID
    package var name: String
    package var days: [DayFigures]
    /// The figure of the whole month: the closed one where the month was closed.
    package var tally: SlotTally
    package var objective: Double
    /// When it was closed, and which revision it is; nil while it is not.
    package var closedAt: Timestamp?
    package var revision: Int?

    /// A row with everything said.
    package init(
      check: CheckID, name: String, days: [DayFigures], tally: SlotTally, objective: Double,
      closedAt: Timestamp? = nil, revision: Int? = nil
    ) {
      self.check = check
      self.name = name
      self.days = days
      self.tally = tally
      self.objective = objective
      self.closedAt = closedAt
      self.revision = revision
    }
  }

  /// Content with everything said.
  package init(
    definition: PageDefinition, at: Timestamp, month: YearMonth, firstMonth: YearMonth, rows: [Row],
    incidents: [Incident] = []
  ) {
    self.definition = definition
    self.at = at
    self.month = month
    self.firstMonth = firstMonth
    self.rows = rows
    self.incidents = incidents
  }
}
