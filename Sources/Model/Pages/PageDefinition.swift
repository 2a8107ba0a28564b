/// A status page, as the service file describes it.
package struct PageDefinition: Hashable, Sendable {
  /// Unlike that of every other page: `[a-z0-9][a-z0-9-]{0,62}`.
  package var id: String
  /// Where it stands: `/status`, without a slash at its end; `/` is the whole host.
  package var path: String
  /// The host name that it is for; nil for every one.
  package var host: String?
  package var title: String
  /// What stands under the title, as plain text.
  package var subtitle: String?
  /// Where the title leads: an http or https URL, or nil.
  package var homeURL: String?
  package var logo: PageLogo?
  /// The colour of links and of the heading's edge, `#rrggbb`; nil for the page's own.
  package var accent: String?
  /// The language of its words: `en`, `de`.
  package var language: String
  /// The IANA name of the time zone that its days and months are of.
  package var timeZone: String
  /// What it shows, in order.
  package var sections: [PageSection]
  /// How many days its bars show: 7 to 90.
  package var days: Int
  /// Words to everybody who looks.
  package var announcements: [Announcement]
  /// Who may look.
  package var access: PageAccess
  /// Whether causes in the words of runs are shown, which may tell of hosts and paths.
  package var showsCauses: Bool

  /// A page with everything said.
  package init(
    id: String, path: String, host: String? = nil, title: String, subtitle: String? = nil, homeURL: String? = nil,
    logo: PageLogo? = nil, accent: String? = nil, language: String = "en", timeZone: String = "UTC",
    sections: [PageSection], days: Int = 90, announcements: [Announcement] = [], access: PageAccess = .everybody,
    showsCauses: Bool = true
  ) {
    self.id = id
    self.path = path
    self.host = host
    self.title = title
    self.subtitle = subtitle
    self.homeURL = homeURL
    self.logo = logo
    self.accent = accent
    self.language = language
    self.timeZone = timeZone
    self.sections = sections
    self.days = days
    self.announcements = announcements
    self.access = access
    self.showsCauses = showsCauses
  }
}

extension PageDefinition {
  /// The languages that pages can speak, by their BCP 47 tags.
  package static let languages = ["en", "de"]
  /// How many days bars can show.
  package static let dayRange = 7...90
}

/// A picture that is served by the page itself.
package struct PageLogo: Hashable, Sendable {
  package var bytes: [UInt8]
  /// `image/svg+xml`, `image/png`, `image/jpeg` or `image/webp`.
  package var mediaType: String

  /// A picture with its type.
  package init(bytes: [UInt8], mediaType: String) {
    self.bytes = bytes
    self.mediaType = mediaType
  }
}

/// A heading and what stands under it.
package struct PageSection: Hashable, Sendable {
  /// Nil for what stands under no heading.
  package var title: String?
  package var selection: PageSelectionRule
  /// Whether it is folded up until something in it is not up.
  package var isFolded: Bool

  /// A section with everything said.
  package init(title: String?, selection: PageSelectionRule, isFolded: Bool = false) {
    self.title = title
    self.selection = selection
    self.isFolded = isFolded
  }
}

/// Which checks and services a section shows.
package enum PageSelectionRule: Hashable, Sendable {
  /// Everything, under the headings of its groups.
  case everything
  /// These, in this order.
  case chosen([CheckID])
  /// Those of a group, in the order of the files.
  case group(String)
  /// Those with all of these labels, in the order of the files.
  case labels([String: String])
}

/// Words that stand above everything else.
package struct Announcement: Hashable, Sendable {
  /// How it is coloured.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case information, warning, outage, operational
  }

  package var kind: Kind
  package var at: Timestamp
  /// Nil while it stands.
  package var until: Timestamp?
  /// Plain text.
  package var text: String

  /// An announcement with everything said.
  package init(kind: Kind, at: Timestamp, until: Timestamp? = nil, text: String) {
    self.kind = kind
    self.at = at
    self.until = until
    self.text = text
  }
}

/// Who may look at a page.
package enum PageAccess: Hashable, Sendable {
  case everybody
  /// Whoever knows the password of this bcrypt hash, or shows an API token that may read pages.
  case password(hash: String)
  /// Whoever shows an API token that may read pages, as a bearer or in the link.
  case token
}

extension PageDefinition {
  /// First segments of paths that belong to the server itself.
  package static let takenNames: Set<String> = [
    "metrics", "health", "-", "api", "config", "probe", "logs", "sla", "badges",
  ]
  /// What stands below the path of a page.
  package static let partNames: Set<String> = [
    "checks", "history", "events", "feed.atom", "feed.rss", "calendar.ics", "status.json", "assets", "sign-in",
  ]
}
