import Model

/// Makes a scenario of what Uptime Kuma keeps: its backup in JSON, or the same read from its database, which has planned
/// work and status pages too.
struct KumaConverter {
  private let source: SourceText

  init(_ source: SourceText) {
    self.source = source
  }

  func convert(into draft: inout ScenarioDraft) throws(ConversionFailure) {
    var reader = JSONReader(Cursor(source))
    let root = try reader.document()
    let monitors = Self.elements(root["monitorList"]).map { KumaMonitor($0, line: source.line(of: $0.offset)) }
      .sorted { $0.id < $1.id }
    guard !monitors.isEmpty else {
      throw ConversionFailure(
        "there is no monitorList in it; give a backup of Uptime Kuma (Settings, Backup), or its kuma.db", line: 1,
        column: 1)
    }
    // All get their names before any is looked at, so that an import of the same database names them alike.
    var names = CheckNames()
    let ids = Dictionary(monitors.map { ($0.id, names.id(for: $0.name).text) }) { first, _ in first }
    let groups = Dictionary(monitors.filter { $0.type == "group" }.map { ($0.id, $0) }) { first, _ in first }
    let proxies = Self.elements(root["proxyList"]).map { KumaMonitor($0, line: source.line(of: $0.offset)) }
    var converted: Set<Int> = []
    for monitor in monitors where monitor.type != "group" {
      guard let id = ids[monitor.id] else { continue }
      let check = KumaCheck(
        monitor, id: id, group: monitor.parent.flatMap { groups[$0] }?.name,
        proxy: monitor.int("proxyId").flatMap { id in proxies.first { $0.id == id } })
      if check.add(to: &draft) { converted.insert(monitor.id) }
    }
    addServices(monitors, ids: ids, converted: converted, to: &draft)
    let others = KumaOthers(ids: ids.filter { converted.contains($0.key) || groups[$0.key] != nil }, line: source.line)
    others.addMaintenance(Self.elements(root["maintenanceList"]), to: &draft)
    others.proposePages(Self.elements(root["statusPageList"]), in: &draft)
    noteNotifications(Self.elements(root["notificationList"]), in: &draft)
    guard !draft.checks.isEmpty else {
      throw ConversionFailure("none of its \(monitors.count) monitors has an equivalent", line: 1, column: 1)
    }
  }

  /// A list, or a map by ids, as some versions write it.
  private static func elements(_ value: JSONValue?) -> [JSONValue] {
    switch value?.content {
    case .array(let elements)?: elements
    case .object(let members)?: members.map(\.value)
    default: []
    }
  }

  /// A group is as bad as its worst child: a service of all of them.
  private func addServices(
    _ monitors: [KumaMonitor], ids: [Int: String], converted: Set<Int>, to draft: inout ScenarioDraft
  ) {
    for group in monitors where group.type == "group" {
      var members: [String] = []
      var waiting = [group.id]
      var seen: Set<Int> = [group.id]
      // Groups in groups are taken apart, since a service stands on checks.
      while let parent = waiting.popLast() {
        for child in monitors where child.parent == parent && seen.insert(child.id).inserted {
          if child.type == "group" { waiting.append(child.id) }
          if converted.contains(child.id), let id = ids[child.id] { members.append(id) }
        }
      }
      guard !members.isEmpty, let id = ids[group.id] else {
        draft.note("the group '\(group.name)' has no monitor that was carried over, and is left out", line: group.line)
        continue
      }
      draft.services.append(
        .map([
          .entry("id", .text(TemplateText(id))), .entry("name", .text(TemplateText(group.name))),
          .entry("checks", .list(members.sorted().map { .text(TemplateText($0)) })),
        ]))
    }
  }

  private func noteNotifications(_ list: [JSONValue], in draft: inout ScenarioDraft) {
    guard let first = list.first else { return }
    // Names are the user's; what is in the configuration are credentials, and is never looked at but for its type.
    let names = list.compactMap { $0["name"]?.text }
    draft.note(
      "notifications are not carried over (\(names.joined(separator: ", "))): they belong to Alertmanager, and "
        + "`curlew rules` writes the rules; how many failures they waited for is in open_after",
      line: source.line(of: first.offset))
  }
}
