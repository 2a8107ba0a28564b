package import Model

/// Where everything of a page stands, as paths on its host.
package struct PageLinks: Hashable, Sendable {
  /// What all but the overview's own path begins with; empty for a page that is the whole host.
  private let prefix: String

  /// The links of a page.
  package init(_ definition: PageDefinition) {
    prefix = definition.path == "/" ? "" : definition.path
  }

  /// The page itself.
  package var overview: String { prefix.isEmpty ? "/" : prefix }
  /// The page of one check or service.
  package func check(_ check: CheckID) -> String { "\(prefix)/checks/\(check.text)" }
  /// The page of one month.
  package func month(_ month: YearMonth) -> String { "\(prefix)/history/\(month)" }
  /// What changes, as server-sent events.
  package var events: String { prefix + "/events" }
  /// The feed of RFC 4287.
  package var atom: String { prefix + "/feed.atom" }
  /// The feed of RSS 2.0.
  package var rss: String { prefix + "/feed.rss" }
  /// Planned work as a calendar.
  package var calendar: String { prefix + "/calendar.ics" }
  /// The page as JSON.
  package var json: String { prefix + "/status.json" }
  /// `PageScript`.
  package var script: String { "\(prefix)/assets/\(PageScript.fileName)" }
  /// The logo, when the definition has one.
  package var logo: String { prefix + "/assets/logo" }
  /// Where a private page asks who looks.
  package var signIn: String { prefix + "/sign-in" }
}
