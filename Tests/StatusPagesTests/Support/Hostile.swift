import Foundation
import Model
import StatusPages

/// Names and words as an attacker would choose them.
enum Hostile {
  static let names = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "</title></style></svg>",
    "]]><!--", "&amp;&#60;&lt;", "a\u{0}b\u{1}c\u{7f}d\u{85}e\u{fffe}", "\u{202e}gnp.exe\u{2066}",
    "x\r\nEND:VCALENDAR\r\nX:",
    "data: x\n\nevent: change", "{name} {count}", "x\u{2028}\u{2029}", "שלום \u{200f}!",
    String(repeating: "W", count: 2000),
  ]

  /// A page on which everything that people or targets write is one of the names.
  static func page(_ name: String) -> PageContent {
    var content = SamplePage.overview()
    content.definition.title = name
    content.definition.subtitle = name
    content.definition.homeURL = "javascript:alert(1)"
    content.definition.announcements = [Announcement(kind: .warning, at: SamplePage.now - .hours(1), text: name)]
    for section in content.sections.indices {
      content.sections[section].title = name
      for entry in content.sections[section].entries.indices {
        content.sections[section].entries[entry].name = name
        content.sections[section].entries[entry].cause = name
        content.sections[section].entries[entry].regions = [
          .init(name: name, state: .down), .init(name: name, state: .up),
        ]
      }
    }
    content.openIncidents = content.openIncidents.map { incident($0, name) }
    content.pastIncidents = content.pastIncidents.map { incident($0, name) }
    content.maintenance = content.maintenance.map {
      var occurrence = $0
      occurrence.title = name
      return occurrence
    }
    return content
  }

  static func incident(_ incident: Incident, _ name: String) -> Incident {
    var incident = incident
    incident.title = name
    incident.updates = incident.updates.map {
      IncidentUpdate(at: $0.at, kind: $0.kind, author: $0.author, state: $0.state, text: name)
    }
    return incident
  }
}

/// The names of all elements of a document, read strictly: whatever a name smuggled in would show.
final class XMLNames {
  private(set) var elements: Set<String> = []
  private(set) var isWellFormed = true

  /// Reads what badges write: tags, quoted attributes and text. Anything else is not well formed.
  init(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    var open: [Substring] = []
    var rest = text[...]
    while let start = rest.firstIndex(of: "<") {
      guard !rest[..<start].contains(">"), let end = rest[start...].firstIndex(of: ">") else {
        isWellFormed = false
        return
      }
      let tag = rest[rest.index(after: start)..<end]
      if tag.hasPrefix("/") {
        if open.popLast() != tag.dropFirst() { isWellFormed = false }
      } else if !tag.hasPrefix("?") {
        let name = tag.prefix { $0 != " " && $0 != "/" }
        elements.insert(String(name))
        if tag.count(where: { $0 == "\"" }) % 2 != 0 { isWellFormed = false }
        if !tag.hasSuffix("/") { open.append(name) }
      }
      rest = rest[rest.index(after: end)...]
    }
    if !open.isEmpty || text.unicodeScalars.contains(where: { $0.value < 32 && $0 != "\n" }) { isWellFormed = false }
  }
}
