import Model
import Server

/// The report that people attach to a deploy: one HTML document that needs nothing else, neither scripts nor other files.
///
/// It has no `style` attribute and loads nothing, and says so in a policy of its own, so that not even a hole in it would
/// let a target's words do anything.
package struct HTMLReport {
  private let report: CheckReport

  /// A report as HTML.
  package init(_ report: CheckReport) {
    self.report = report
  }

  /// The whole document.
  package func document() -> String {
    var html = HTMLWriter()
    writeHead(to: &html)
    html.markup("<body>\n")
    html.markup(PageStyle.glyphs)
    writeHeader(to: &html)
    html.markup("<main>\n")
    writeIndex(to: &html)
    for entry in report.entries { HTMLCheck(entry).write(to: &html) }
    html.markup("</main>\n")
    writeFooter(to: &html)
    html.markup("</body>\n</html>\n")
    return String(decoding: html.bytes, as: UTF8.self)
  }

  private func writeHead(to html: inout HTMLWriter) {
    html.markup(
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="robots" content="noindex">
      <title>
      """)
    html.text("\(headline) – curlew check")
    html.markup("</title>\n<style>\n")
    html.markup(HTMLReportStyle.sheet)
    html.markup("</style>\n</head>\n")
  }

  private func writeHeader(to html: inout HTMLWriter) {
    html.markup("<header>\n<h1>")
    html.glyph(worst)
    html.text(headline)
    html.markup("</h1>\n<p class=\"asof\">")
    let started = report.started.rfc3339()
    html.time("\(started.prefix(10)) \(started.dropFirst(11).prefix(8)) UTC", title: started, datetime: started)
    html.text(" · took \(HumanText.duration(report.duration))")
    if let node = report.entries.lazy.compactMap(\.run).first?.node {
      html.text(" · on ")
      html.isolated(node)
    }
    html.markup("</p>\n<ul class=\"states\">\n")
    for verdict in Verdict.allCases { writeCount(report.count(of: verdict), verdict.rawValue, to: &html) }
    writeCount(report.skippedCount, "skipped", to: &html)
    html.markup("</ul>\n</header>\n")
  }

  private func writeCount(_ count: Int, _ standing: String, to html: inout HTMLWriter) {
    guard count > 0 else { return }
    html.markup("<li>")
    html.glyph(standing)
    html.text(standing)
    html.markup(" <b>")
    html.number(count)
    html.markup("</b></li>\n")
  }

  /// In a long report, the way to each check that is not up.
  private func writeIndex(to html: inout HTMLWriter) {
    let entries = report.entries.filter { $0.run.map { $0.verdict != .up } ?? false }
    guard report.entries.count > 6, !entries.isEmpty else { return }
    html.markup("<nav aria-label=\"What is not up\">\n<ul>\n")
    for entry in entries {
      html.markup("<li><a")
      html.attribute("href", "#\(entry.check.id)")
      html.markup(">")
      html.glyph(entry.standing)
      html.isolated(entry.check.name)
      html.markup("</a> <span>")
      html.text(HumanText.escaped(entry.run?.reason?.message ?? ""))
      html.markup("</span></li>\n")
    }
    html.markup("</ul>\n</nav>\n")
  }

  private func writeFooter(to html: inout HTMLWriter) {
    html.markup("<footer>\n<p class=\"legend\" aria-hidden=\"true\">")
    for phase in Phase.allCases {
      html.markup("<span><svg viewBox=\"0 0 10 10\"><rect width=\"10\" height=\"10\" rx=\"2\" class=\"")
      html.text(phase.rawValue)
      html.markup("\"/></svg>")
      html.text(phase.rawValue)
      html.markup("</span> ")
    }
    html.markup("</p>\n<p>")
    html.text("Written by curlew \(Version.text). Secrets are masked.")
    html.markup("</p>\n</footer>\n")
  }

  /// The state of everything in one word.
  private var worst: String {
    let verdicts = report.entries.compactMap { $0.run?.verdict }
    return verdicts.isEmpty ? "skipped" : Verdict.worst(verdicts).rawValue
  }

  /// The state of everything in one sentence.
  private var headline: String {
    let total = report.entries.count
    for verdict in [Verdict.down, .unknown, .degraded] {
      let count = report.count(of: verdict)
      guard count > 0 else { continue }
      if count == total {
        return total == 1 ? "The check is \(verdict.rawValue)" : "All \(total) checks are \(verdict.rawValue)"
      }
      return "\(count) of \(total) checks \(count == 1 ? "is" : "are") \(verdict.rawValue)"
    }
    return total == 1 ? "The check is up" : "All \(total) checks are up"
  }
}

extension HTMLWriter {
  /// A shape for each verdict, so that colour is never the only sign.
  mutating func glyph(_ standing: String) {
    markup("<svg class=\"glyph ")
    text(standing)
    markup("\" aria-hidden=\"true\"><use href=\"#glyph-")
    text(standing == "skipped" ? "disabled" : standing)
    markup("\"/></svg>")
  }

  /// Text of any origin in lines, each with what a browser or a reader could be misled by made visible.
  mutating func lines(_ text: String) {
    let lines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      if index > 0 { markup("\n") }
      self.text(HumanText.escaped(String(line)))
    }
  }
}
