import Documents
import Model

/// Planned work of Gatus: every day, or on some days of the week.
enum GatusMaintenance {
  private static let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

  /// The windows of an endpoint.
  static func add(windows endpoint: YAMLNode, check: String, to draft: inout ScenarioDraft) {
    for (index, window) in endpoint.items("maintenance-windows").enumerated() {
      let id = CheckNames.base(of: index == 0 ? "\(check) work" : "\(check) work \(index + 1)")
      add(window, checks: [check], named: id, to: &draft)
    }
  }

  /// A window.
  ///
  /// - Parameter checks: ids; none for every check.
  static func add(_ node: YAMLNode?, checks: [String], named id: String, to draft: inout ScenarioDraft) {
    guard let node, node.flag("enabled") != false else { return }
    guard let start = node.text("start"), let length = node.duration("duration"), length > .zero, time(start) != nil
    else {
      draft.note("a maintenance window without start or duration is left out", line: node.line)
      return
    }
    var entries: [Tree.Entry] = [.entry("id", .text(TemplateText(id)))]
    if !checks.isEmpty { entries.append(.entry("checks", .list(checks.map { .text(TemplateText($0)) }))) }
    let named = node.items("every").compactMap { $0.scalarText?.lowercased() }.filter(days.contains)
    entries.append(
      .entry(
        "weekly",
        .map([
          .entry("days", .list((named.isEmpty ? days : named).map { .text(TemplateText($0)) })),
          .entry("at", .text(TemplateText(start))), .entry("for", .plain(Units.text(of: length))),
        ])))
    if let zone = node.text("timezone") { entries.append(.entry("time_zone", .text(TemplateText(zone)))) }
    if draft.maintenance.isEmpty {
      draft.note(
        "Gatus kept quiet in maintenance and counted its failures; Curlew counts slots in it apart from availability",
        line: node.line, isLoss: false)
    }
    draft.maintenance.append(.map(entries))
  }

  /// `23:00`, nil for anything else.
  private static func time(_ text: String) -> (hour: Int, minute: Int)? {
    let parts = text.split(separator: ":").compactMap { Int($0) }
    guard parts.count == 2, text.utf8.count == 5, 0..<24 ~= parts[0], 0..<60 ~= parts[1] else { return nil }
    return (parts[0], parts[1])
  }
}
