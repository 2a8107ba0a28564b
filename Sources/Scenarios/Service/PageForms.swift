import Documents
import Expressions
import Model

extension Form where Value == [PageDefinition] {
  /// Pages, no id and no place twice.
  static let pages = Form<[(PageDefinition, YAMLNode)]>.list(of: .page).map { pages, _, reader -> [PageDefinition]? in
    for (index, (page, node)) in pages.enumerated() {
      for (other, _) in pages[..<index] { tellCollision(of: page, with: other, at: node, reader) }
    }
    return pages.map(\.0)
  }

  private static func tellCollision(
    of page: PageDefinition, with other: PageDefinition, at node: YAMLNode, _ reader: Reader
  ) {
    if page.id == other.id {
      reader.fault("a page with the id '\(page.id)' is written twice", at: node)
    }
    guard page.host == other.host else { return }
    if page.path == other.path {
      reader.fault("'\(page.id)' stands at '\(page.path)', where '\(other.id)' stands already", at: node)
    }
    for (inner, outer) in [(page, other), (other, page)] {
      let begin = outer.path == "/" ? "/" : outer.path + "/"
      guard inner.path != outer.path, inner.path.hasPrefix(begin) else { continue }
      let part = inner.path.dropFirst(begin.count).prefix { $0 != "/" }
      if PageDefinition.partNames.contains(String(part)) {
        reader.fault(
          "'\(inner.path)' is a part of the page '\(outer.id)' at '\(outer.path)'", at: node,
          notes: ["parts of pages are " + PageDefinition.partNames.sorted().joined(separator: ", ")])
      }
    }
  }
}

extension Form where Value == (PageDefinition, YAMLNode) {
  private static let id = Key("id", .pageID, isRequired: true, "its name in links and in the API")
  private static let path = Key("path", .pagePath, "where it stands: /status")
  private static let host = Key("host", .pageHost, "the host name that it is for")
  private static let title = Key("title", .nonEmptyText, "what stands above it")
  private static let subtitle = Key("subtitle", .nonEmptyText, "what stands under the title")
  private static let home = Key("home", .homeURL, "where the title leads")
  private static let logo = Key("logo", .logo, "a picture: SVG, PNG, JPEG or WebP")
  private static let accent = Key("accent", .colour, "the colour of links: #rrggbb")
  private static let language = Key("language", .language, "the language of its words")
  private static let timeZone = Key("time_zone", .zoneName, "whose days its bars show")
  private static let days = Key("days", .integer(PageDefinition.dayRange), "how many days its bars show")
  private static let sections = Key(
    "sections", Form<[PageSection]>.list(of: .pageSection, minimum: 1), "what it shows")
  private static let announcements = Key(
    "announcements", Form<[Announcement]>.list(of: .announcement), "words to everybody who looks")
  private static let access = Key("private", .access, "who may look: {password: HASH} or {token: true}")
  private static let causes = Key("causes", .bool, "whether the causes of failures are shown")

  private static let table = SectionTable(
    "page",
    [
      id.any, path.any, host.any, title.any, subtitle.any, home.any, logo.any, accent.any, language.any,
      timeZone.any, days.any, sections.any, announcements.any, access.any, causes.any,
    ])

  fileprivate static let page = Form.section(table) { section in
    let access = section(access)
    let written = section(id)
    // Read whatever else is wrong, so that all faults are told.
    let host = section(host)
    let id = written ?? "faulty-id"
    let page = PageDefinition(
      id: id, path: section(path) ?? (host == nil ? "/status/\(id)" : "/"), host: host,
      title: section(title) ?? "Status", subtitle: section(subtitle), homeURL: section(home), logo: section(logo),
      accent: section(accent), language: section(language) ?? "en", timeZone: section(timeZone) ?? "UTC",
      sections: section(sections) ?? [PageSection(title: nil, selection: .everything)],
      days: section(days) ?? PageDefinition.dayRange.upperBound, announcements: section(announcements) ?? [],
      access: access ?? .everybody, showsCauses: section(causes) ?? true)
    if page.host == nil, page.path == "/" {
      section.reader.fault(
        "'/' is the operators' page; a status page may stand there on a host of its own",
        at: section.entry("path")?.value ?? section.node,
        notes: ["write a `host`, or another path such as /status"])
    }
    return written == nil ? nil : (page, section.node)
  }
}

extension Form where Value == String {
  private static let idForm = "^[a-z0-9][a-z0-9-]{0,62}$"

  fileprivate static let pageID = Form<String>.text.map(schema: .text(pattern: idForm)) {
    text, node, reader -> String? in
    if CheckID(text) != nil { return text }
    reader.fault(
      "'\(text.escaped)' is no id of a page", at: node,
      notes: ["ids have 1 to 63 lower-case letters, digits and hyphens, and do not begin with a hyphen"])
    return nil
  }

  /// `/status`, of segments that need no encoding.
  fileprivate static let pagePath = Form<String>.text.map(schema: .text(pattern: "^/")) {
    text, node, reader -> String? in
    let segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let isPath =
      text == "/"
      || text.hasPrefix("/") && segments.count <= 8
        && segments.allSatisfy { segment in
          !segment.isEmpty && segment != "." && segment != ".."
            && segment.utf8.allSatisfy { byte in
              switch byte {
              case 48...57, 65...90, 97...122: true
              default: "-._~".utf8.contains(byte)
              }
            }
        }
    guard isPath else {
      reader.fault(
        "'\(text.escaped)' is no path of a page", at: node,
        notes: ["paths are written /status: letters, digits and -._~, without a slash at the end"])
      return nil
    }
    if let first = segments.first, PageDefinition.takenNames.contains(first) {
      reader.fault(
        "'\(text.escaped)' is taken: '/\(first)' belongs to the server itself", at: node,
        notes: ["taken are " + PageDefinition.takenNames.sorted().map { "/" + $0 }.joined(separator: ", ")])
      return nil
    }
    return text
  }

  fileprivate static let pageHost = Form<String>.text.map { text, node, reader -> String? in
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    let isName =
      text.utf8.count <= 253
      && labels.allSatisfy { label in
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
          && label.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 45: true
            default: false
            }
          }
      }
    if isName { return text.lowercased() }
    reader.fault(
      "'\(text.escaped)' is no host name", at: node,
      notes: ["a host name is written status.example.org, without a scheme and without a port"])
    return nil
  }

  fileprivate static let homeURL = Form<String>.line.map(schema: .text(pattern: "^https?://")) {
    text, node, reader -> String? in
    let scheme = ["https://", "http://"].first { text.lowercased().hasPrefix($0) }
    if let scheme, text.count > scheme.count, !text.contains(where: { $0.isWhitespace }) { return text }
    reader.fault("'\(text.escaped)' is no link: write https://example.org/", at: node)
    return nil
  }

  fileprivate static let colour = Form<String>.text.map(schema: .text(pattern: "^#[0-9a-fA-F]{6}$")) {
    text, node, reader -> String? in
    if text.utf8.count == 7, text.hasPrefix("#"), text.dropFirst().allSatisfy({ $0.isASCII && $0.isHexDigit }) {
      return text.lowercased()
    }
    reader.fault(
      "'\(text.escaped)' is no colour", at: node,
      notes: ["colours are written \"#0a7d5a\", in quotes: what follows a # is a comment otherwise"])
    return nil
  }

  fileprivate static let language = Form(.choice(PageDefinition.languages)) { node, reader in
    if let text = node.scalarText, PageDefinition.languages.contains(text) { return text }
    reader.fault(
      node.scalarText.map { "unknown language '\($0.escaped)'" } ?? "expected a language, found \(node.foundText)",
      at: node, allowed: PageDefinition.languages)
    return nil
  }

  /// A bcrypt hash. What is written there by mistake may be the password itself, so no message quotes it.
  fileprivate static let passwordHash = Form(.text(pattern: "^\\$2[aby]\\$")) { node, reader in
    if let text = node.scalarText, BcryptForm.holds(text) { return text }
    reader.sink.report(
      Diagnostic(
        "\(node.location.file):\(node.location.line): what stands for 'password' is no bcrypt hash",
        notes: [.init("a hash is made by: htpasswd -nB visitor | cut -d: -f2")]))
    return nil
  }
}

extension Form where Value == PageLogo {
  /// A picture of a heading needs no more.
  private static let limit = 256 * 1024

  /// The path of a picture, which is read at once.
  fileprivate static let logo = Form<String>.nonEmptyText.map { path, node, reader -> PageLogo? in
    let name = path.split(separator: ".").last?.lowercased() ?? ""
    guard let kind = kinds.first(where: { $0.key == name })?.value else {
      reader.fault(
        "'\(path.escaped)' is no picture that a page can show", at: node, allowed: kinds.map { "." + $0.key })
      return nil
    }
    let full = Path.join(reader.folder, path)
    let bytes: [UInt8]
    do throws(FileProblem) {
      bytes = try reader.files.read(full, limit: limit)
    } catch {
      let words = error == .tooLong(limit) ? "it is larger than \(limit / 1024) KiB" : "\(error)"
      reader.fault("cannot read the logo '\(path.escaped)': \(words)", at: node)
      return nil
    }
    guard kind.looksRight(bytes) else {
      reader.fault("what is in '\(path.escaped)' is no \(kind.name)", at: node)
      return nil
    }
    return PageLogo(bytes: bytes, mediaType: kind.mediaType)
  }

  private struct Kind: Sendable {
    var name: String
    var mediaType: String
    var looksRight: @Sendable ([UInt8]) -> Bool
  }

  private static let jpeg = Kind(name: "JPEG", mediaType: "image/jpeg") { $0.starts(with: [0xFF, 0xD8, 0xFF]) }
  private static let kinds: KeyValuePairs<String, Kind> = [
    "svg": Kind(name: "SVG", mediaType: "image/svg+xml") { bytes in
      String(validating: bytes, as: UTF8.self)?.contains("<svg") ?? false
    },
    "png": Kind(name: "PNG", mediaType: "image/png") { $0.starts(with: [0x89, 0x50, 0x4E, 0x47]) },
    "jpg": jpeg, "jpeg": jpeg,
    "webp": Kind(name: "WebP", mediaType: "image/webp") { bytes in
      bytes.starts(with: Array("RIFF".utf8)) && bytes.dropFirst(8).starts(with: Array("WEBP".utf8))
    },
  ]
}

extension Form where Value == PageSection {
  private static let title = Key("title", .nonEmptyText, "the heading")
  private static let checks = Key(
    "checks", Form<[CheckID]>.list(of: .shownCheck, minimum: 1), "ids of checks and services, in order")
  private static let group = Key("group", .nonEmptyText, "everything of a group")
  private static let labels = Key(
    "labels", Form<Fields<String>>.map(of: .text), "everything with all of these labels")
  private static let folded = Key("folded", .bool, "whether it is folded up while everything in it is up")

  fileprivate static let pageSection = Form.section(
    SectionTable(
      "section", [title.any, checks.any, group.any, labels.any, folded.any], oneOf: ["checks", "group", "labels"])
  ) { section in
    let (title, isFolded) = (section(title), section(folded) ?? false)
    let selection: PageSelectionRule? =
      if let checks = section(checks) {
        .chosen(checks)
      } else if let group = section(group) {
        .group(group)
      } else if let labels = section(labels) {
        .labels(Dictionary(labels.map { ($0.name, $0.value) }) { first, _ in first })
      } else {
        nil
      }
    return selection.map { PageSection(title: title, selection: $0, isFolded: isFolded) }
  }
}

extension Form where Value == CheckID {
  fileprivate static let shownCheck = Form<String>.text.map { text, node, reader -> CheckID? in
    if let id = CheckID(text) { return id }
    reader.fault("'\(text.escaped)' is no id of a check", at: node)
    return nil
  }
}

extension Form where Value == Announcement {
  private static let kind = Key("kind", Form<Announcement.Kind>.choice(), "how it is coloured")
  private static let at = Key("at", Form<Timestamp>.moment, isRequired: true, "when it was said")
  private static let until = Key("until", Form<Timestamp>.moment, "when it goes")
  private static let text = Key("text", .nonEmptyText, isRequired: true, "plain text")

  fileprivate static let announcement = Form.section(
    SectionTable("announcement", [kind.any, at.any, until.any, text.any])
  ) { section in
    let (kind, at, until) = (section(kind) ?? .information, section(at), section(until))
    guard let text = section(text), let at else { return nil }
    if let until, until <= at {
      section.reader.fault("it goes before it was said", at: section.entry("until")?.value ?? section.node)
    }
    return Announcement(kind: kind, at: at, until: until, text: text)
  }
}

extension Form where Value == Timestamp {
  fileprivate static let moment = Form<String>.text.map { text, node, reader -> Timestamp? in
    if let moment = Timestamp(rfc3339: text) { return moment }
    reader.fault(
      "'\(text.escaped)' is no moment", at: node, notes: ["moments are written 2026-11-21T10:00:00Z (RFC 3339)"])
    return nil
  }
}

extension Form where Value == PageAccess {
  private static let password = Key("password", .passwordHash, "the bcrypt hash of a password")
  private static let token = Key("token", .bool, "whether a token with the scope `pages` is needed")

  fileprivate static let access = Form.section(
    SectionTable("private", [password.any, token.any], oneOf: ["password", "token"])
  ) { section in
    if section.has(password) { return section(password).map { .password(hash: $0) } }
    return section(token).map { $0 ? .token : .everybody }
  }
}
