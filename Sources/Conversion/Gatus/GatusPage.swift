import Documents
import Model

/// The one page of Gatus as the proposal of a service file.
struct GatusPage {
  private let root: YAMLNode

  /// Kinds of announcements that there are here too.
  private static let kinds: Set<String> = ["outage", "warning", "information", "operational"]

  init(_ root: YAMLNode) {
    self.root = root
  }

  func propose(in draft: inout ScenarioDraft) {
    let ui = root.entry(named: "ui")?.value
    let announcements = root.items("announcements")
    if ui != nil || !announcements.isEmpty {
      var page: [Tree.Entry] = [.entry("id", .plain("public"))]
      page.append(
        .entry("title", .text(TemplateText(ui?.text("dashboard-heading") ?? ui?.text("title") ?? "Health status"))))
      if let text = ui?.text("dashboard-subheading") ?? ui?.text("description") {
        page.append(.entry("subtitle", .text(TemplateText(text))))
      }
      if let link = ui?.text("link") { page.append(.entry("home", .text(TemplateText(link)))) }
      if !announcements.isEmpty { page.append(.entry("announcements", .list(announcements.map(announcement)))) }
      draft.serviceFile.append(.entry("pages", .list([.map(page)])))
      draft.note(
        "the status page becomes `pages` of a service file, which --service-file writes", line: (ui ?? root).line,
        isLoss: false)
      noteLeft(of: ui, in: &draft)
    }
    guard let web = root.entry(named: "web")?.value else { return }
    let port = web.text("port").flatMap { Int($0) } ?? 8080
    let address = web.text("address") ?? ""
    let host = address == "0.0.0.0" ? "" : address
    draft.serviceFile.insert(.entry("listen", .text(TemplateText("\(host):\(port)"))), at: 0)
    if web.entry(named: "tls") != nil {
      draft.note(
        "web.tls is not carried over: it is said by the file that `web` of the service file names", line: web.line)
    }
  }

  private func announcement(_ node: YAMLNode) -> Tree {
    let kind = node.text("type").flatMap { Self.kinds.contains($0) ? $0 : nil } ?? "information"
    var entries: [Tree.Entry] = [.entry("kind", .plain(kind))]
    if let at = node.text("timestamp") { entries.append(.entry("at", .text(TemplateText(at)))) }
    if node.flag("archived") == true, let at = node.text("timestamp") {
      entries.append(.entry("until", .text(TemplateText(at))))
    }
    entries.append(.entry("text", .text(TemplateText(node.text("message") ?? ""))))
    return .map(entries)
  }

  private func noteLeft(of ui: YAMLNode?, in draft: inout ScenarioDraft) {
    for key in ["logo", "favicon", "buttons", "custom-css", "default-sort-by", "default-filter-by", "login-subtitle"] {
      guard let entry = ui?.entry(named: key) else { continue }
      let advice = key == "logo" ? ": put the picture beside the service file, and name it as `logo`" : ""
      draft.note("ui.\(key) is not carried over\(advice)", line: entry.key.line)
    }
  }
}
