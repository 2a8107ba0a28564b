import Model
import ServiceLevels

/// Numbers and reasons in the words of the status page.
enum Words {
  /// A reason for people who did not write the check.
  static func reason(_ code: ReasonCode) -> String {
    switch code {
    case .warning: "a warning did not hold"
    case .retried: "only a later attempt held"
    case .expectationFailed: "an expectation did not hold"
    case .captureFailed: "a value could not be captured"
    case .resolveFailed: "the name could not be resolved"
    case .connectRefused: "the connection was refused"
    case .connectFailed: "no connection could be made"
    case .tlsFailed: "the TLS handshake failed"
    case .certificateInvalid: "the certificate is not valid"
    case .timeout: "no answer came in time"
    case .protocolError: "the answer broke the protocol"
    case .bodyTooLarge: "the answer was too large"
    case .tooManyRedirects: "there were too many redirects"
    case .exitCode: "the command failed"
    case .heartbeatMissed: "the job did not report in time"
    case .heartbeatFailed: "the job reported a failure"
    case .templateFailed: "a template could not be filled in"
    case .internal: "the prober itself failed"
    case .nodeOffline: "the node was offline"
    case .nodeSick: "the node itself had trouble"
    case .blind: "too few regions could say"
    case .regional: "some regions see it down"
    case .quorum: "regions agree that it is down"
    case .cancelled: "the run was cut short"
    case .notPermitted: "the probe is not permitted here"
    }
  }

  /// "1 check", "3 checks".
  static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// A duration in at most two units: "850 µs", "124 ms", "1.24 s", "30 s", "1 min 30 s", "2 d 4 h".
  static func duration(_ duration: Duration) -> String {
    let nanoseconds = max(0, duration.nanoseconds)
    switch nanoseconds {
    case ..<1_000_000: return "\(nanoseconds / 1000) µs"
    case ..<1_000_000_000: return "\(nanoseconds / 1_000_000) ms"
    case ..<10_000_000_000:
      let hundredths = nanoseconds / 10_000_000 % 100
      let seconds = "\(nanoseconds / 1_000_000_000)"
      return hundredths == 0 ? "\(seconds) s" : "\(seconds).\(hundredths < 10 ? "0" : "")\(hundredths) s"
    default: break
    }
    let units: [(name: String, seconds: Int64)] = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)]
    var rest = nanoseconds / 1_000_000_000
    var parts: [String] = []
    for unit in units where rest >= unit.seconds || (unit.seconds == 1 && parts.isEmpty) {
      parts.append("\(rest / unit.seconds) \(unit.name)")
      rest %= unit.seconds
      if parts.count == 2 { break }
    }
    return parts.joined(separator: " ")
  }

  /// "12 s ago"; "now" for what has just been.
  static func ago(_ moment: Timestamp, at now: Timestamp) -> String {
    let passed = now - moment
    guard passed >= .seconds(1) else { return "now" }
    let seconds = passed.components.seconds
    switch seconds {
    case ..<60: return "\(seconds) s ago"
    case ..<3600: return "\(seconds / 60) min ago"
    case ..<172_800: return "\(seconds / 3600) h ago"
    default: return "\(seconds / 86_400) d ago"
    }
  }

  /// "10:42", or with its day when that is another one: "2026-11-20 10:42". In UTC.
  static func since(_ moment: Timestamp, at now: Timestamp) -> String {
    let text = moment.rfc3339(fractionDigits: 0)
    let clock = text.dropFirst(11).prefix(5) + " UTC"
    return text.prefix(10) == now.rfc3339(fractionDigits: 0).prefix(10) ? String(clock) : text.prefix(10) + " " + clock
  }

  /// `2026-11-21 10:56:00 UTC`.
  static func moment(_ moment: Timestamp) -> String {
    let text = moment.rfc3339(fractionDigits: 0)
    return text.prefix(10) + " " + text.dropFirst(11).prefix(8) + " UTC"
  }

  /// A percentage floored, without zeros that say nothing: "99.5 %", "100 %", "99.953 %"; "–" for nothing.
  ///
  /// - Parameter decimals: how many at most, up to 3.
  static func percentage(_ ratio: Ratio?, decimals: Int = 3) -> String {
    guard let ratio else { return "–" }
    var grain = 100
    for _ in 0..<decimals { grain *= 10 }
    // Floored to the grain first, because what is cut off a negative figure would round it up.
    let (quotient, remainder) = (Int128(ratio.numerator) * Int128(grain))
      .quotientAndRemainder(dividingBy: Int128(ratio.denominator))
    let floored = Ratio(Int(clamping: remainder < 0 ? quotient - 1 : quotient), of: grain)
    var digits = floored.percentage.dropLast()
    while digits.last == "0" { digits.removeLast() }
    if digits.last == "." { digits.removeLast() }
    return (digits.first == "-" ? "−" + digits.dropFirst() : digits) + " %"
  }
}
