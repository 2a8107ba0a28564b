import Calendars
import Documents
import Model

/// A window as it is written: what it says of checks is not held against them yet.
struct WrittenMaintenance {
  var window: MaintenanceWindow
  /// Where its id is written.
  var id: YAMLNode
  var checks: [CheckReference]
  var groups: [PlacedText]
  /// Where its labels are written.
  var labels: YAMLNode?
}

/// Reads the entries of `maintenance` of one file.
struct MaintenanceDecoder {
  let compiler: ScopeCompiler
  let reader: Reader

  /// Reads one entry; nil after a fault that leaves no window.
  func decode(_ node: YAMLNode) -> WrittenMaintenance? {
    guard case .mapping(let written) = node.content else {
      reader.fault(
        "expected a maintenance window, found \(node.foundText)", at: node,
        allowed: MaintenanceKeys.table.keys.map(\.name))
      return nil
    }
    let entries = written.map { YAMLNode.Entry(key: $0.key, value: compiler.known($0.value)) }
    guard let section = Section(node.replacing(.mapping(entries), isRendered: false), MaintenanceKeys.table, reader)
    else { return nil }
    let id = section(MaintenanceKeys.id)
    let title = section(MaintenanceKeys.title)
    let checks = section(MaintenanceKeys.checks) ?? []
    let groups = section(MaintenanceKeys.groups) ?? []
    let labels = section(MaintenanceKeys.labels) ?? []
    let timeZone = section(MaintenanceKeys.timeZone) ?? (section.has(MaintenanceKeys.timeZone) ? nil : "UTC")
    let recurrences = [MaintenanceKeys.once, MaintenanceKeys.weekly, MaintenanceKeys.monthly, MaintenanceKeys.cron]
      .compactMap { key in section(key).map { (key: key, value: $0) } }
    guard let id, let recurrence = recurrences.first, let timeZone, let calendar = LocalCalendar(timeZone: timeZone)
    else { return nil }
    if let entry = section.entry(recurrence.key.name) { check(recurrence.value, in: calendar, at: entry.value) }
    let place = section.entry(MaintenanceKeys.id.name)?.value ?? node
    let scope = MaintenanceScope(
      checks: Set(checks.map(\.id)), groups: Set(groups.map(\.text)),
      labels: Dictionary(labels.map { ($0.name, $0.value) }) { first, _ in first })
    let window = MaintenanceWindow(
      id: id.text, title: title ?? id.text, scope: scope, recurrence: recurrence.value, timeZone: timeZone,
      location: place.location)
    return WrittenMaintenance(
      window: window, id: place, checks: checks, groups: groups,
      labels: section.entry(MaintenanceKeys.labels.name)?.key)
  }

  /// That it ever comes, and ends before it comes again.
  private func check(_ recurrence: Recurrence, in calendar: LocalCalendar, at node: YAMLNode) {
    func place(_ name: String) -> YAMLNode { node.entry(named: name)?.value ?? node }
    if case .once(let from, let until) = recurrence {
      guard calendar.moment(of: from) >= calendar.moment(of: until) else { return }
      reader.sink.error(
        "the window is empty: 'until' is not after 'from'", at: place(RecurrenceKeys.until.name),
        notes: [.init("'from' is written here", excerpt: place(RecurrenceKeys.from.name).excerpt)])
      return
    }
    guard let rhythm = recurrence.shortestPeriod else {
      reader.sink.error("there is no such day: the window never comes", at: place(RecurrenceKeys.at.name))
      return
    }
    guard let lasting = recurrence.lasting, lasting > rhythm else { return }
    reader.sink.error(
      "the window lasts \(Units.text(of: lasting)), and comes again after \(Units.text(of: rhythm))",
      at: place(RecurrenceKeys.lasting.name))
  }
}
