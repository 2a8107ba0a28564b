import Calendars
import Model
import ServiceLevels

/// Pages as JSON, for people who build their own. They tell what the pages show, and no more: names of checks that a page does not
/// show, names of people and, where the page keeps them back, causes are left out.
package enum PageJSON {
  /// What `OverviewPage` shows.
  package static func overview(_ content: PageContent) -> [UInt8] {
    let headline = Headline(content)
    let names = Dictionary(content.entries.map { ($0.check, $0.name) }) { first, _ in first }
    let writer = Parts(definition: content.definition, at: content.at, names: names)
    var json = JSONWriter()
    json.object { json in
      writer.writePage(to: &json)
      json.member("state", headline.state.rawValue)
      json.member("headline", headline.text)
      json.member("has_figures", content.hasFigures)
      json.member(
        "announcements",
        array: { json in
          for announcement in content.definition.announcements
          where announcement.at <= content.at && content.at < announcement.until ?? .distantFuture {
            json.object { json in
              json.member("kind", announcement.kind.rawValue)
              json.member("at", announcement.at)
              json.member("until", announcement.until)
              json.member("text", announcement.text)
            }
          }
        })
      json.member(
        "sections",
        array: { json in
          for section in content.sections {
            json.object { json in
              json.member("title", section.title)
              json.member(
                "entries",
                array: { json in
                  for entry in section.entries { json.object { writer.write(entry, to: &$0) } }
                })
            }
          }
        })
      json.member(
        "incidents",
        array: { json in
          for incident in content.openIncidents + content.pastIncidents {
            json.object { writer.write(incident, to: &$0) }
          }
        })
      json.member(
        "maintenance",
        array: { json in
          for occurrence in content.maintenance {
            json.object { json in
              json.member("id", occurrence.window)
              json.member("title", occurrence.title)
              json.member("from", occurrence.from)
              json.member("until", occurrence.until)
              json.member(
                "checks",
                array: { json in
                  for check in occurrence.scope.checks.sorted() where names[check] != nil { json.value(check.text) }
                })
            }
          }
        })
    }
    return json.line
  }

  /// What `CheckPage` shows.
  package static func check(_ content: CheckPageContent) -> [UInt8] {
    var names = content.names
    names[content.entry.check] = content.entry.name
    let writer = Parts(definition: content.definition, at: content.at, names: names)
    var json = JSONWriter()
    json.object { json in
      writer.writePage(to: &json)
      json.member("entry", object: { json in writer.write(content.entry, to: &json) })
      json.member(
        "windows",
        array: { json in
          for figures in content.windows {
            json.object { json in
              json.member("window", figures.window)
              json.member("availability", figures.availability.availability?.value)
              json.member("coverage", figures.availability.coverage?.value)
              json.member("budget_remaining", figures.availability.budgetRemaining?.value)
              json.member("downtime_s", figures.tally.downtime.seconds)
            }
          }
        })
      json.member(
        "latency",
        array: { json in
          for point in content.latency {
            json.object { json in
              json.member("from", point.from)
              json.member("until", point.until)
              json.member("p50_ms", milliseconds: point.p50)
              json.member("p95_ms", milliseconds: point.p95)
              json.member("p99_ms", milliseconds: point.p99)
            }
          }
        })
      json.member(
        "incidents",
        array: { json in
          for incident in content.incidents { json.object { writer.write(incident, to: &$0) } }
        })
    }
    return json.line
  }

  /// What `MonthPage` shows.
  package static func month(_ content: MonthPageContent) -> [UInt8] {
    let names = Dictionary(content.rows.map { ($0.check, $0.name) }) { first, _ in first }
    let writer = Parts(definition: content.definition, at: content.at, names: names)
    var json = JSONWriter()
    json.object { json in
      writer.writePage(to: &json)
      json.member("month", content.month.description)
      json.member("first_month", content.firstMonth.description)
      json.member(
        "entries",
        array: { json in
          for row in content.rows {
            let availability = Availability(row.tally, objective: row.objective)
            json.object { json in
              json.member("id", row.check.text)
              json.member("name", row.name)
              json.member("objective", row.objective)
              json.member("availability", availability.availability?.value)
              json.member("coverage", availability.coverage?.value)
              json.member("downtime_s", row.tally.downtime.seconds)
              json.member("closed_at", row.closedAt)
              json.member("revision", row.revision)
              json.member("days", object: { json in Parts.write(row.days, to: &json) })
            }
          }
        })
      json.member(
        "incidents",
        array: { json in
          for incident in content.incidents { json.object { writer.write(incident, to: &$0) } }
        })
    }
    return json.line
  }

  /// What several of them have.
  private struct Parts {
    var definition: PageDefinition
    var at: Timestamp
    var names: [CheckID: String]
    private let wording: Wording

    init(definition: PageDefinition, at: Timestamp, names: [CheckID: String]) {
      self.definition = definition
      self.at = at
      self.names = names
      wording = Wording(definition, now: at)
    }

    func writePage(to json: inout JSONWriter) {
      json.member(
        "page",
        object: { json in
          json.member("id", definition.id)
          json.member("path", definition.path)
          json.member("title", definition.title)
          json.member("subtitle", definition.subtitle)
          json.member("language", definition.language)
          json.member("time_zone", definition.timeZone)
        })
      json.member("at", at)
    }

    func write(_ entry: PageEntry, to json: inout JSONWriter) {
      json.member("id", entry.check.text)
      json.member("name", entry.name)
      json.member("kind", entry.isService ? "service" : "check")
      json.member("state", entry.state.rawValue)
      json.member("since", entry.since)
      json.member("cause", definition.showsCauses ? entry.cause : nil)
      json.member("availability", entry.availability?.value)
      json.member("coverage", entry.coverage?.value)
      json.member(
        "objective",
        object: { json in
          json.member("availability", entry.objective.availability)
          json.member("window", entry.objective.window.text)
        })
      json.member("p95_ms", milliseconds: entry.p95)
      json.member(
        "regions",
        array: { json in
          for region in entry.regions {
            json.object { json in
              json.member("name", region.name)
              json.member("state", region.state.rawValue)
            }
          }
        })
      json.member("days", object: { json in Self.write(entry.days, to: &json) })
    }

    /// Columns instead of an object for each day: a page has hundreds of thousands of days.
    static func write(_ days: [DayFigures], to json: inout JSONWriter) {
      json.member("first", days.first?.date.description)
      json.member("last", days.last?.date.description)
      json.member("count", days.count)
      json.member("expected", numbers: days.lazy.map { $0.tally.expected })
      json.member("up", numbers: days.lazy.map { $0.tally.up })
      json.member("degraded", numbers: days.lazy.map { $0.tally.degraded })
      json.member("down", numbers: days.lazy.map { $0.tally.down })
      json.member("unknown", numbers: days.lazy.map { $0.tally.unknown })
      json.member("missed", numbers: days.lazy.map { $0.tally.missed })
      json.member("maintenance", numbers: days.lazy.map { $0.tally.maintenance })
      json.member("downtime_s", numbers: days.lazy.map { Int($0.tally.downtime.components.seconds) })
    }

    func write(_ incident: Incident, to json: inout JSONWriter) {
      let words = IncidentWords(
        incident: incident, wording: wording, showsCauses: definition.showsCauses, names: names)
      json.member("id", Int(incident.id))
      json.member("title", incident.title)
      json.member("state", incident.state.rawValue)
      json.member("began", incident.began)
      json.member("ended", incident.ended)
      json.member("is_consequence", incident.consequenceOf != nil)
      json.member(
        "impacts",
        array: { json in
          for impact in incident.impacts where names[impact.check] != nil {
            json.object { json in
              json.member("check", impact.check.text)
              json.member("level", impact.level.rawValue)
            }
          }
        })
      json.member(
        "updates",
        array: { json in
          for update in incident.updates {
            json.object { json in
              json.member("at", update.at)
              json.member("kind", update.kind.rawValue)
              json.member("state", update.state?.rawValue)
              json.member("text", words.text(of: update))
            }
          }
        })
    }
  }
}
