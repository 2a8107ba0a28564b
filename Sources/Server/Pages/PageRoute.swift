import HTTPTypes
import Model
import StatusPages

/// What stands below the path of a status page.
enum PageRoute: Hashable, Sendable {
  case overview
  case check(String)
  case month(YearMonth)
  case events, atom, rss, calendar, json
  case script, logo
  case signIn

  /// What stands at the rest of a path; nil when nothing does.
  init?(_ rest: [String]) {
    switch (rest.first, rest.count) {
    case (nil, _): self = .overview
    case ("events", 1): self = .events
    case ("feed.atom", 1): self = .atom
    case ("feed.rss", 1): self = .rss
    case ("calendar.ics", 1): self = .calendar
    case ("status.json", 1): self = .json
    case ("sign-in", 1): self = .signIn
    case ("assets", 2) where rest[1] == PageScript.fileName: self = .script
    case ("assets", 2) where rest[1] == "logo": self = .logo
    case ("checks", 2): self = .check(rest[1])
    case ("history", 2):
      guard let month = YearMonth(rest[1]) else { return nil }
      self = .month(month)
    default: return nil
    }
  }

  /// Whether a person looks at it, who can say who they are in a form.
  var isDocument: Bool {
    switch self {
    case .overview, .check, .month, .signIn: true
    default: false
    }
  }

  /// The same for everybody, private page or not.
  var isOpenToAll: Bool { self == .signIn || self == .script }
}

/// A page with the rest of a path below it.
struct PageMatch: Sendable {
  var page: PageDefinition
  /// Nil where nothing stands.
  var route: PageRoute?
  /// Where the request should go instead: `/status` of a server whose first page stands elsewhere.
  var redirect: String?

  /// The page that a path belongs to: that of the host before one for every host, and the longest path.
  init?(_ segments: [String], authority: String?, pages: [PageDefinition]) {
    let host = authority.map { PageHost.name(in: $0) }
    var best: (page: PageDefinition, depth: Int, rank: Int)?
    for page in pages where page.host == nil || page.host == host {
      let own = page.path == "/" ? [] : page.path.dropFirst().split(separator: "/").map(String.init)
      guard segments.starts(with: own) || own.isEmpty else { continue }
      // No path has so many pieces.
      let rank = own.count + (page.host == nil ? 0 : 100)
      if rank > best?.rank ?? -1 { best = (page, own.count, rank) }
    }
    if let best {
      let rest = segments.dropFirst(best.depth)
      page = best.page
      route = PageRoute(best.depth == 0 && segments == [""] ? [] : Array(rest))
    } else if segments == ["status"], let first = pages.first(where: { $0.host == nil }) {
      page = first
      redirect = first.path
    } else {
      return nil
    }
  }
}

/// Host names as requests give them.
enum PageHost {
  /// Lower case, without the port.
  static func name(in authority: String) -> String {
    let lower = authority.lowercased()
    if lower.hasPrefix("[") { return String(lower.prefix { $0 != "]" }) + "]" }
    return String(lower.prefix { $0 != ":" })
  }

  /// Whether it is host and port, and can be written into a link.
  static func isPlain(_ authority: String) -> Bool {
    (1...260).contains(authority.utf8.count)
      && authority.utf8.allSatisfy { byte in
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "-.:[]".utf8.contains(byte)
        }
      }
  }
}
