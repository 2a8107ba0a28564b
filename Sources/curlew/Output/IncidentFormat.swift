import Incidents
import Model

/// How `curlew incidents` writes.
enum IncidentFormat: String, CaseIterable {
  case table, json, markdown

  /// A line for each incident, in the order given.
  func render(_ incidents: [Incident], at now: Timestamp) -> String {
    switch self {
    case .table: IncidentTable(incidents, at: now).text
    case .markdown: IncidentTable(incidents, at: now).markdown
    case .json:
      Self.json { json in
        json.array { json in
          for incident in incidents { IncidentJSON.write(incident, to: &json) }
        }
      }
    }
  }

  /// All that is known of one incident.
  func renderStory(of incident: Incident, at now: Timestamp) -> String {
    switch self {
    case .table: IncidentStory(incident, at: now).text
    case .markdown: IncidentStory(incident, at: now).markdown
    case .json: Self.json { IncidentJSON.write(incident, to: &$0) }
    }
  }

  private static func json(_ write: (inout JSONWriter) -> Void) -> String {
    var json = JSONWriter()
    write(&json)
    return String(decoding: json.line, as: UTF8.self)
  }
}

/// One line for each incident.
private struct IncidentTable {
  private static let titles = ["id", "began", "lasted", "state", "checks", "title", "cause"]

  private let rows: [[String]]

  init(_ incidents: [Incident], at now: Timestamp) {
    rows = incidents.map { incident in
      [
        String(incident.id), incident.began.description, incident.lasted(at: now), incident.state.rawValue,
        incident.impacts.map(\.check.text).joined(separator: ", "), HumanText.escaped(incident.title),
        HumanText.escaped(incident.cause?.words(of: incident.check) ?? "–"),
      ]
    }
  }

  /// Columns filled up with blanks, two between them.
  var text: String {
    guard !rows.isEmpty else { return "no incidents\n" }
    let widths = Self.titles.indices.map { column in ([Self.titles] + rows).map { $0[column].count }.max() ?? 0 }
    return ([Self.titles] + rows).map { row in
      let cells = row.enumerated().map { column, cell in
        column == 0 ? HumanText.aligned(cell, to: widths[column]) : HumanText.padded(cell, to: widths[column])
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }

  /// A table as GitHub's Markdown has it.
  var markdown: String {
    let rule = Self.titles.indices.map { $0 == 0 ? "---:" : "---" }
    return ([Self.titles, rule] + rows.map { $0.map(MarkdownText.cell) }).map { row in
      "| " + row.joined(separator: " | ") + " |\n"
    }.joined()
  }
}

/// What is known of one incident, and its updates.
private struct IncidentStory {
  private let incident: Incident
  private let facts: [(name: String, value: String)]

  init(_ incident: Incident, at now: Timestamp) {
    self.incident = incident
    var facts: [(name: String, value: String)] = [
      ("state", incident.state.rawValue), ("began", incident.began.description),
      ("known", incident.opened.description),
    ]
    if let ended = incident.ended {
      facts.append(("ended", "\(ended), lasted \(incident.lasted(at: now))"))
    } else {
      facts.append(("lasts", "for \(incident.lasted(at: now)) now"))
    }
    if let check = incident.check { facts.append(("check", check.text)) }
    facts.append(
      ("hurts", incident.impacts.map { "\($0.check) (\($0.level.rawValue))" }.joined(separator: ", ")))
    if let cause = incident.cause {
      facts.append(("cause", HumanText.escaped(cause.words(of: incident.check))))
      if let code = cause.code { facts.append(("reason", code.rawValue)) }
      if let expression = cause.expression { facts.append(("expression", HumanText.escaped(expression))) }
    }
    if let parent = incident.consequenceOf { facts.append(("follows", "from incident \(parent)")) }
    if let acknowledgement = incident.acknowledgement {
      let note = acknowledgement.note.map { ": \($0)" } ?? ""
      facts.append(("care", HumanText.escaped(acknowledgement.by + note)))
    }
    if !incident.isPublished { facts.append(("published", "no")) }
    self.facts = facts.filter { !$0.value.isEmpty }
  }

  private var title: String { "Incident \(incident.id): \(HumanText.escaped(incident.title))" }

  var text: String {
    let width = facts.map(\.name.count).max() ?? 0
    let kinds = incident.updates.map(\.kind.rawValue.count).max() ?? 0
    var lines = [title]
    lines += facts.map { "  \(HumanText.padded($0.name, to: width))  \($0.value)" }
    if !incident.updates.isEmpty { lines.append("") }
    for update in incident.updates {
      let head = "  \(update.at)  \(HumanText.padded(update.kind.rawValue, to: kinds))  "
      // The lines of a text stand under one another.
      let indent = String(repeating: " ", count: head.count)
      let words = Self.words(of: update).split(separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in words.enumerated() {
        lines.append((index == 0 ? head : indent) + HumanText.escaped(String(line)))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  var markdown: String {
    var text = "## \(MarkdownText.cell(title))\n\n"
    for fact in facts { text += "- \(fact.name): \(MarkdownText.cell(fact.value))\n" }
    if !incident.updates.isEmpty { text += "\n" }
    for update in incident.updates {
      let words = Self.words(of: update).split(separator: "\n").map { MarkdownText.cell(HumanText.escaped(String($0))) }
      text += "- \(update.at) **\(update.kind.rawValue)** \(words.joined(separator: "  \n  "))\n"
    }
    return text
  }

  /// Who said it, how far it was from then on, and what was said.
  private static func words(of update: IncidentUpdate) -> String {
    let who = [update.author, update.author == nil ? nil : update.state?.rawValue].compactMap(\.self)
    return (who.isEmpty ? "" : who.joined(separator: ", ") + ": ") + update.text
  }
}

/// Text of any origin inside of Markdown.
private enum MarkdownText {
  /// One line in which nothing is taken for markup.
  static func cell(_ text: String) -> String {
    var result = ""
    for character in text {
      if "\\|*_`<>[]#".contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }
}

extension Incident {
  /// How long it lasted, or lasts up to now.
  fileprivate func lasted(at now: Timestamp) -> String {
    Units.text(of: .seconds(max(.zero, (ended ?? now) - began).components.seconds))
  }
}
