import Model
package import ServiceLevels

/// A small picture for a README: what it is about, and how it stands.
package struct Badge: Hashable, Sendable {
  /// How it stands, as the colour of its right side. White words on each have a contrast of 4.5 or more.
  package enum Tone: String, Hashable, Sendable, CaseIterable {
    case good, poor, bad, quiet, planned

    /// `#rrggbb`.
    package var colour: String {
      switch self {
      case .good: "#1b7350"
      case .poor: "#8a5600"
      case .bad: "#b3261e"
      case .quiet: "#57626a"
      case .planned: "#2f5ca8"
      }
    }
  }

  /// What stands on the left.
  package var label: String
  /// What stands on the right.
  package var message: String
  package var tone: Tone
  /// Whether it stands for a fault of the address, which shields.io shows as such.
  package var isMissing: Bool

  private init(label: String, message: String, tone: Tone, isMissing: Bool = false) {
    self.label = PlainText.line(label, limit: 64)
    self.message = message
    self.tone = tone
    self.isMissing = isMissing
  }

  /// What its answer says that it is.
  package static let mediaType = "image/svg+xml; charset=utf-8"

  /// What holds now.
  ///
  /// - Parameter label: the name of the check, or what the reader asked for.
  package static func status(label: String, state: PageState, language: String = "en") -> Badge {
    let (phrase, tone): (Phrase, Tone) =
      switch state {
      case .up: (.badgeStatusUp, .good)
      case .degraded: (.badgeStatusDegraded, .poor)
      case .down: (.badgeStatusDown, .bad)
      case .unknown: (.badgeStatusUnknown, .quiet)
      case .maintenance: (.badgeStatusMaintenance, .planned)
      case .waiting: (.badgeStatusWaiting, .quiet)
      case .disabled: (.badgeStatusDisabled, .quiet)
      }
    return Badge(label: label, message: Language.of(language)(phrase), tone: tone)
  }

  /// What was kept: green while the promise is, then amber, and red where more than twice its budget is used.
  ///
  /// - Parameter label: the name of the check, or what the reader asked for; empty says that it is about uptime.
  package static func uptime(
    label: String, availability: Ratio?, objective: Double, language: String = "en"
  ) -> Badge {
    let words = Language.of(language)
    let label = label.isEmpty ? words(.badgeUptime) : label
    guard let availability else { return Badge(label: label, message: words(.badgeNone), tone: .quiet) }
    let promise = Ratio(decimal: objective)
    let good = Int128(availability.numerator) * Int128(promise.denominator)
    let promised = Int128(promise.numerator) * Int128(availability.denominator)
    let whole = Int128(availability.denominator) * Int128(promise.denominator)
    let tone: Tone = good >= promised ? .good : whole - good <= 2 * (whole - promised) ? .poor : .bad
    let wording = Wording(language: language, timeZone: "UTC", now: Timestamp(secondsSinceEpoch: 0))
    return Badge(label: label, message: wording.percentage(availability), tone: tone)
  }

  /// How fast good runs were: their 95th percentile. Green within the promise, red beyond twice of it; without a promise green up
  /// to half a second, then amber, and red beyond two seconds.
  ///
  /// - Parameters:
  ///   - label: the name of the check, or what the reader asked for; empty says that it is about response times.
  ///   - limit: what is promised, if anything is.
  package static func latency(label: String, p95: Duration?, limit: Duration? = nil, language: String = "en") -> Badge {
    let words = Language.of(language)
    let label = label.isEmpty ? words(.badgeLatency) : label
    guard let p95 else { return Badge(label: label, message: words(.badgeNone), tone: .quiet) }
    let (good, poor) = limit.map { ($0, $0 * 2) } ?? (.milliseconds(500), .seconds(2))
    let wording = Wording(language: language, timeZone: "UTC", now: Timestamp(secondsSinceEpoch: 0))
    return Badge(label: label, message: wording.duration(p95), tone: p95 <= good ? .good : p95 <= poor ? .poor : .bad)
  }

  /// What a badge says of a check that there is not, or that must not be seen.
  package static func missing(label: String, language: String = "en") -> Badge {
    Badge(label: label, message: Language.of(language)(.badgeMissing), tone: .quiet, isMissing: true)
  }

  /// The picture. It needs nothing from elsewhere, and no style that a Content-Security-Policy would refuse.
  package func svg() -> [UInt8] {
    let (left, right) = (TextWidth.pixels(label), TextWidth.pixels(message))
    let (leftBox, rightBox) = (left + 12, right + 12)
    var svg = HTMLWriter()
    svg.markup("<svg xmlns=\"http://www.w3.org/2000/svg\" height=\"20\" role=\"img\"")
    svg.attribute("width", String(leftBox + rightBox))
    svg.attribute("viewBox", "0 0 \(leftBox + rightBox) 20")
    svg.attribute("aria-label", "\(label): \(message)")
    svg.markup("><title>")
    svg.text("\(label): \(message)")
    svg.markup("</title><clipPath id=\"r\"><rect height=\"20\" rx=\"4\" fill=\"#fff\"")
    svg.attribute("width", String(leftBox + rightBox))
    svg.markup("/></clipPath><g clip-path=\"url(#r)\"><rect height=\"20\" fill=\"#30383e\"")
    svg.attribute("width", String(leftBox))
    svg.markup("/><rect height=\"20\"")
    svg.attribute("x", String(leftBox))
    svg.attribute("width", String(rightBox))
    svg.attribute("fill", tone.colour)
    svg.markup(
      "/></g><g fill=\"#fff\" font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" font-size=\"11\" text-rendering=\"geometricPrecision\">"
    )
    write(label, x: 6, width: left, to: &svg)
    write(message, x: leftBox + 6, width: right, to: &svg)
    svg.markup("</g></svg>\n")
    return svg.bytes
  }

  private func write(_ text: String, x: Int, width: Int, to svg: inout HTMLWriter) {
    guard width > 0 else { return }
    svg.markup("<text y=\"14\"")
    svg.attribute("x", String(x))
    svg.attribute("textLength", String(width))
    svg.markup(">")
    svg.text(text)
    svg.markup("</text>")
  }

  /// The answer of an endpoint of shields.io (its schema version 1).
  package func shields() -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("schemaVersion", 1)
      json.member("label", label)
      json.member("message", message)
      json.member("color", String(tone.colour.dropFirst()))
      if isMissing { json.member("isError", true) }
    }
    return json.line
  }
}
