import Model

/// What Uptime Kuma keeps besides monitors: planned work and status pages, which only its database tells.
struct KumaOthers {
  private static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

  /// Of the monitors that were carried over.
  private let ids: [Int: String]
  private let line: (Int) -> Int

  init(ids: [Int: String], line: @escaping (Int) -> Int) {
    self.ids = ids
    self.line = line
  }

  // MARK: Planned work

  func addMaintenance(_ list: [JSONValue], to draft: inout ScenarioDraft) {
    var names = Names()
    for value in list {
      let window = KumaMonitor(value, line: line(value.offset))
      let title = window.text("title") ?? "maintenance"
      guard window.isActive else {
        draft.note("the maintenance '\(title)' is switched off, and is left out", line: window.line)
        continue
      }
      guard let recurrence = recurrence(window) else {
        draft.note(
          "the maintenance '\(title)' (\(window.text("strategy") ?? "unknown")) has no equivalent: write it anew",
          line: window.line)
        continue
      }
      let checks = window.list("monitorIDs").compactMap(\.int).compactMap { ids[$0] }
      var entries: [Tree.Entry] = [
        .entry("id", .text(TemplateText(names.checkID(title)))), .entry("title", .text(TemplateText(title))),
      ]
      if !checks.isEmpty { entries.append(.entry("checks", .list(checks.map { .text(TemplateText($0)) }))) }
      entries.append(recurrence)
      if let zone = window.text("timezone"), zone != "SAME_AS_SERVER" {
        entries.append(.entry("time_zone", .text(TemplateText(zone))))
      }
      draft.maintenance.append(.map(entries))
    }
  }

  private func recurrence(_ window: KumaMonitor) -> Tree.Entry? {
    switch window.text("strategy") {
    case "single":
      guard let from = Self.local(window.text("start_date")), let until = Self.local(window.text("end_date")) else {
        return nil
      }
      return .entry(
        "once", .map([.entry("from", .text(TemplateText(from))), .entry("until", .text(TemplateText(until)))]))
    case "recurring-weekday":
      let days = window.list("weekdays").compactMap(\.int).map { Self.weekdays[(($0 % 7) + 7) % 7] }
      return times(window).flatMap { days.isEmpty ? nil : .entry("weekly", .map([Self.on(days)] + $0)) }
    case "recurring-interval" where window.int("interval_day") == 1:
      return times(window).map { .entry("weekly", .map([Self.on(Self.weekdays)] + $0)) }
    case "recurring-day-of-month":
      let days = window.list("days_of_month").compactMap { day -> Tree? in
        if let number = day.int { return .plain(String(number)) }
        return day.text == "lastDay1" ? .text(TemplateText("last")) : nil
      }
      guard let times = times(window), days.count == window.list("days_of_month").count, !days.isEmpty else {
        return nil
      }
      return .entry("monthly", .map([.entry("days", .list(days))] + times))
    case "cron":
      guard let cron = window.text("cron"), let seconds = window.int("duration") else { return nil }
      return .entry(
        "cron",
        .map([
          .entry("at", .text(TemplateText(cron))), .entry("for", .plain(Units.text(of: .seconds(max(60, seconds))))),
        ]))
    default: return nil
    }
  }

  private static func on(_ days: [String]) -> Tree.Entry { .entry("days", .list(days.map { .text(TemplateText($0)) })) }

  /// From one time of day to another, which may be on the next day.
  private func times(_ window: KumaMonitor) -> [Tree.Entry]? {
    func minutes(_ text: String?) -> Int? {
      let parts = (text ?? "").split(separator: ":").compactMap { Int($0) }
      return parts.count >= 2 && 0..<24 ~= parts[0] && 0..<60 ~= parts[1] ? parts[0] * 60 + parts[1] : nil
    }
    guard let start = minutes(window.text("start_time")), let end = minutes(window.text("end_time")) else { return nil }
    let length = end > start ? end - start : end + 1440 - start
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return [
      .entry("at", .text(TemplateText("\(two(start / 60)):\(two(start % 60))"))),
      .entry("for", .plain(Units.text(of: .minutes(length)))),
    ]
  }

  /// `2026-12-01 22:00:00` as `2026-12-01T22:00`.
  private static func local(_ text: String?) -> String? {
    guard let text, text.utf8.count >= 16 else { return nil }
    return String(text.prefix(10)) + "T" + String(text.dropFirst(11).prefix(5))
  }

  // MARK: Pages

  func proposePages(_ list: [JSONValue], in draft: inout ScenarioDraft) {
    guard let first = list.first else { return }
    var names = Names()
    let pages = list.map { value -> Tree in
      let page = KumaMonitor(value, line: line(value.offset))
      var entries: [Tree.Entry] = [
        .entry("id", .text(TemplateText(names.checkID(page.text("slug") ?? "page")))),
        .entry("title", .text(TemplateText(page.text("title") ?? "Status"))),
      ]
      if let text = page.text("description") { entries.append(.entry("subtitle", .text(TemplateText(text)))) }
      if let host = page.list("domains").compactMap(\.text).first {
        entries.append(.entry("host", .text(TemplateText(host))))
      }
      let sections = page.list("groups").compactMap { group -> Tree? in
        let checks = KumaMonitor(group, line: 0).list("monitorIDs").compactMap(\.int).compactMap { ids[$0] }
        guard !checks.isEmpty else { return nil }
        return .map([
          .entry("title", .text(TemplateText(group["name"]?.text ?? "Services"))),
          .entry("checks", .list(checks.map { .text(TemplateText($0)) })),
        ])
      }
      if !sections.isEmpty { entries.append(.entry("sections", .list(sections))) }
      return .map(entries)
    }
    draft.serviceFile.append(.entry("pages", .list(pages)))
    draft.note(
      "status pages become `pages` of a service file, which --service-file writes; icons, themes, CSS and footers are not "
        + "carried over", line: line(first.offset), isLoss: false)
  }
}
