import Calendars
import Model

/// How fast good runs were, as lines over time: p50, p95 and p99, with gaps where nothing was measured.
///
/// Everything in it is placed by percentages and by one inner picture that stretches, so that words and lines keep their size at
/// every width without a script.
struct LatencyChart {
  private let points: [CheckPageContent.LatencyPoint]
  private let wording: Wording
  private let scale: LatencyScale
  private let from: Timestamp
  private let until: Timestamp

  private struct Line: Sendable {
    var name: StaticString
    var value: @Sendable (CheckPageContent.LatencyPoint) -> Duration?
  }

  private static let lines = [
    Line(name: "p99") { $0.p99 }, Line(name: "p95") { $0.p95 }, Line(name: "p50") { $0.p50 },
  ]

  /// - Parameter points: oldest first; nil is returned when none of them has a value.
  init?(_ points: [CheckPageContent.LatencyPoint], _ wording: Wording) {
    guard let largest = points.compactMap({ $0.p99 ?? $0.p95 ?? $0.p50 }).max(), let first = points.first,
      let last = points.last, first.from < last.until
    else { return nil }
    self.points = points
    self.wording = wording
    scale = LatencyScale(largest: largest)
    from = first.from
    until = last.until
  }

  func write(to html: inout HTMLWriter) {
    let p95 = points.compactMap(\.p95)
    let label = wording.language(
      .checkLatencyChart,
      [
        "from": wording.moment(from), "until": wording.moment(until),
        "low": p95.min().map(wording.duration) ?? wording.language(.noFigure),
        "high": p95.max().map(wording.duration) ?? wording.language(.noFigure),
      ])
    html.markup("<svg class=\"chart\" role=\"img\"")
    html.attribute("aria-label", label)
    html.markup(">")
    writeGrid(to: &html)
    html.markup(
      "<svg y=\"8%\" width=\"100%\" height=\"80%\" viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" overflow=\"visible\">"
    )
    writeGaps(to: &html)
    for line in Self.lines { writeLine(line, to: &html) }
    html.markup("</svg>")
    writeValues(to: &html)
    writeTimes(to: &html)
    html.markup("</svg>\n")
    writeLegend(to: &html)
  }

  private func x(_ moment: Timestamp) -> Int {
    Int((Double((moment - from).nanoseconds) / Double((until - from).nanoseconds) * 1000).rounded())
  }

  private func middle(_ point: CheckPageContent.LatencyPoint) -> Timestamp {
    point.from + .nanoseconds((point.until - point.from).nanoseconds / 2)
  }

  /// The height of a line in hundredths of a percent of the whole picture.
  private func height(step: Int) -> String {
    let hundredths = 800 + 8000 * (scale.count - step) / scale.count
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)%"
  }

  private func writeGrid(to html: inout HTMLWriter) {
    for step in 0...scale.count {
      html.markup("<line class=\"grid\" x2=\"100%\"")
      html.attribute("y1", height(step: step))
      html.attribute("y2", height(step: step))
      html.markup("/>")
    }
  }

  /// After the lines, so that they do not run through the words.
  private func writeValues(to html: inout HTMLWriter) {
    for step in 1...scale.count {
      html.markup("<text class=\"halo\" x=\"0\" dy=\"-5\"")
      html.attribute("y", height(step: step))
      html.markup(">")
      html.text(wording.duration(scale.step * step))
      html.markup("</text>")
    }
  }

  private func writeTimes(to html: inout HTMLWriter) {
    let isLong = until - from > .days(3)
    for quarter in 0...4 {
      let moment = from + .nanoseconds((until - from).nanoseconds / 4 * Int64(quarter))
      html.markup("<text y=\"98%\"")
      html.attribute("x", "\(quarter * 25)%")
      html.attribute("text-anchor", quarter == 0 ? "start" : quarter == 4 ? "end" : "middle")
      if quarter % 2 == 1 { html.markup(" class=\"odd\"") }
      html.markup(">")
      html.text(isLong ? wording.shortDate(wording.calendar.date(at: moment)) : wording.clock(moment))
      html.markup("</text>")
    }
  }

  /// Where nothing was measured, one band for each stretch.
  private func writeGaps(to html: inout HTMLWriter) {
    var begin: Timestamp? = nil
    var end = from
    func write(_ from: Timestamp, _ until: Timestamp) {
      guard from < until else { return }
      html.markup("<rect class=\"void\" height=\"1000\"")
      html.attribute("x", String(x(from)))
      html.attribute("width", String(max(1, x(until) - x(from))))
      html.markup("/>")
    }
    for point in points {
      if point.p50 == nil && point.p95 == nil && point.p99 == nil {
        if begin == nil { begin = end }
      } else {
        write(begin ?? end, point.from)
        begin = nil
      }
      end = point.until
    }
    if let begin { write(begin, until) }
  }

  private func writeLine(_ line: Line, to html: inout HTMLWriter) {
    html.markup("<path class=\"")
    html.markup(line.name)
    html.markup("\" d=\"")
    var last: Timestamp?
    var isAlone = false
    for point in points {
      guard let value = line.value(point) else {
        // A value between two gaps is a dot.
        if isAlone { html.markup("h0") }
        (last, isAlone) = (nil, false)
        continue
      }
      let continues = last == point.from
      if !continues, isAlone { html.markup("h0") }
      html.markup(continues ? "L" : "M")
      html.number(x(middle(point)))
      html.markup(" ")
      html.number(scale.y(value))
      isAlone = !continues
      last = point.until
    }
    if isAlone { html.markup("h0") }
    html.markup("\"/>")
  }

  /// The lines by name, with their last values.
  private func writeLegend(to html: inout HTMLWriter) {
    html.markup("<ul class=\"legend\">")
    for line in Self.lines.reversed() {
      html.markup("<li><svg class=\"chart-key\" aria-hidden=\"true\"><line y1=\"50%\" x2=\"100%\" y2=\"50%\" class=\"")
      html.markup(line.name)
      html.markup("\"/></svg><span>")
      html.markup(line.name)
      html.markup(" <strong>")
      html.text(
        points.last { line.value($0) != nil }.flatMap(line.value).map(wording.duration) ?? wording.language(.noFigure))
      html.markup("</strong></span></li>")
    }
    if points.contains(where: { $0.p50 == nil && $0.p95 == nil && $0.p99 == nil }) {
      html.markup(
        "<li><svg aria-hidden=\"true\"><rect class=\"void\" x=\".5\" y=\".5\" width=\"27\" height=\"11\" rx=\"2\"/></svg>"
      )
      html.text(wording.language(.checkLatencyGap))
      html.markup("</li>")
    }
    html.markup("</ul>\n")
  }
}
