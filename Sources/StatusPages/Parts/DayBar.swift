package import Model
import ServiceLevels

/// What one day looks like as a bar, and what it says when pointed at.
package struct DayBar: Hashable, Sendable {
  /// How it is drawn. The raw value is its class in the style sheet: one letter, because a page has thousands.
  package enum Shape: String, Hashable, Sendable, CaseIterable {
    /// Nothing is known of the day.
    case none = "n"
    /// All that was measured fell in maintenance.
    case maintenance = "m"
    case up = "u"
    /// Degraded in less than a twentieth of the day, and in more.
    case degraded = "h"
    case degradedLong = "i"
    /// Down in less than 1 %, 5 % and 25 % of the day, and in more.
    case down = "d"
    case downLonger = "k"
    case downLong = "x"
    case downMostly = "z"
  }

  package var shape: Shape
  /// Whether a part of the day fell in maintenance.
  package var hasMaintenance: Bool

  /// The bar of a day's slots.
  package init(_ tally: SlotTally) {
    let judged = tally.up + tally.degraded + tally.down
    hasMaintenance = judged > 0 && tally.maintenance > 0
    if judged == 0 {
      shape = tally.maintenance > 0 ? .maintenance : .none
    } else if tally.down > 0 {
      let share = tally.down * 100
      shape =
        share < judged ? .down : share < judged * 5 ? .downLonger : share < judged * 25 ? .downLong : .downMostly
    } else if tally.degraded > 0 {
      shape = tally.degraded * 20 < judged ? .degraded : .degradedLong
    } else {
      shape = .up
    }
  }

  /// The day's figures in words: "99.93% · 2 min down · 4% maintenance".
  package static func words(_ tally: SlotTally, _ wording: Wording) -> String {
    let language = wording.language
    let judged = tally.up + tally.degraded + tally.down
    guard judged > 0 else { return language(tally.maintenance > 0 ? .dayMaintenance : .dayNone) }
    func share(_ count: Int, of whole: Int) -> String {
      wording.percentage(Ratio(count, of: max(whole, 1)), decimals: 1)
    }
    var parts = [wording.percentage(Ratio(judged - tally.down, of: judged))]
    if tally.down > 0 { parts.append(language(.dayDown, ["duration": wording.duration(tally.downtime)])) }
    if tally.degraded > 0 { parts.append(language(.dayDegraded, ["share": share(tally.degraded, of: judged)])) }
    if tally.maintenance > 0 {
      parts.append(language(.dayUpkeep, ["share": share(tally.maintenance, of: tally.expected)]))
    }
    let gap = tally.expected - judged - tally.maintenance
    if gap * 20 > tally.expected { parts.append(language(.dayGap, ["share": share(gap, of: tally.expected)])) }
    return parts.joined(separator: " · ")
  }
}

/// Writes days as bars, again and again for the same days: what does not differ from one entry to the next is written once.
struct DayBars {
  private let wording: Wording
  /// By day of the calendar: `<b>21 Nov</b> `, and the whole item of a day on which all was well.
  private var dates: [LocalDate: (label: HTMLWriter, good: HTMLWriter)] = [:]
  /// Items of days on which all was well, at the places where they stood in the entry before.
  private var known: [(date: LocalDate, good: HTMLWriter)?] = []
  /// What days with the same counts say; bounded.
  private var spoken: [SlotTally: HTMLWriter] = [:]

  init(_ wording: Wording) { self.wording = wording }

  /// The list of an entry's days.
  ///
  /// - Parameter today: the last item, which changes while somebody looks; nil where nothing does.
  mutating func write(_ days: [DayFigures], label: String, today: HTMLWriter? = nil, to html: inout HTMLWriter) {
    html.markup("<ol class=\"b\"")
    html.attribute("aria-label", label)
    html.markup(">")
    writeItems(days, today: today, to: &html)
    html.markup("</ol>")
  }

  /// The items of such a list.
  mutating func writeItems(_ days: [DayFigures], today: HTMLWriter?, to html: inout HTMLWriter) {
    let last = days.count - 1
    for (place, day) in days.enumerated() {
      if place == last, let today {
        html.append(today)
      } else if isGood(day.tally) {
        while known.count <= place { known.append(nil) }
        if let item = known[place], item.date == day.date {
          html.append(item.good)
        } else {
          let good = pieces(day.date).good
          known[place] = (day.date, good)
          html.append(good)
        }
      } else {
        writeItem(day, id: nil, to: &html)
      }
    }
  }

  /// One day.
  mutating func writeItem(_ day: DayFigures, id: String?, to html: inout HTMLWriter) {
    let bar = DayBar(day.tally)
    html.markup("<li class=\"")
    html.text(bar.shape.rawValue)
    if bar.hasMaintenance { html.markup(" p") }
    html.markup("\"")
    if let id { html.attribute("id", id) }
    html.markup("><span>")
    html.append(pieces(day.date).label)
    html.append(words(day.tally))
    html.markup("</span></li>")
  }

  private mutating func words(_ tally: SlotTally) -> HTMLWriter {
    if let words = spoken[tally] { return words }
    var html = HTMLWriter()
    html.text(DayBar.words(tally, wording))
    if spoken.count < 10_000 { spoken[tally] = html }
    return html
  }

  /// Whether nothing is to be said but "100 %".
  private func isGood(_ tally: SlotTally) -> Bool {
    tally.up > 0 && tally.degraded == 0 && tally.down == 0 && tally.maintenance == 0
      && (tally.expected - tally.up) * 20 <= tally.expected
  }

  private mutating func pieces(_ date: LocalDate) -> (label: HTMLWriter, good: HTMLWriter) {
    if let pieces = dates[date] { return pieces }
    var label = HTMLWriter()
    label.markup("<b>")
    label.text(wording.shortDate(date))
    label.markup("</b> ")
    var good = HTMLWriter()
    good.markup("<li class=\"u\"><span>")
    good.append(label)
    good.text(wording.percentage(Ratio(1, of: 1)))
    good.markup("</span></li>")
    dates[date] = (label, good)
    return (label, good)
  }
}
