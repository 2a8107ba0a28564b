package import Model

/// A system whose history can be brought over.
package enum ForeignSystem: String, Sendable, CaseIterable {
  /// https://github.com/TwiN/gatus
  case gatus
  /// https://github.com/louislam/uptime-kuma
  case kuma
}

/// What another system watched, and which check that is here.
package struct ForeignSubject: Hashable, Sendable {
  /// What it is called there.
  package var name: String
  /// Which check its history becomes.
  package var check: CheckID
  /// From one run to the next: as it was set there, or as its runs lie.
  package var interval: Duration
  /// Runs that are kept one by one.
  package var runs: Int
  /// Hours and days of which there are sums only.
  package var sums: Int
  /// The first of both; nil where there is nothing.
  package var first: Timestamp?
  /// The last of both.
  package var last: Timestamp?
}

/// One run as the other system kept it.
struct ForeignRun {
  /// Where its subject stands among the subjects.
  var subject: Int
  /// When it was.
  var at: Timestamp
  var outcome: ForeignOutcome
  var duration: Duration?
  /// What was said of it; empty where nothing was.
  var message: String
}

/// What became of a run.
enum ForeignOutcome {
  case up, down, maintenance
  /// A failure that was to be tried again.
  case pending
}

/// What is left of a stretch of time: counts.
struct ForeignSum {
  var from: Timestamp
  /// Exclusive.
  var until: Timestamp
  var up: Int
  var down: Int
  var maintenance: Int
  /// The mean of the runs that have one; nil where there is none.
  var duration: Duration?
}

extension HistoryReason {
  /// A failure in the words of another system, without what may be secret in a URL: user, path and query.
  static func foreign(_ message: String) -> HistoryReason {
    let text = message.lowercased()
    let code: ReasonCode =
      if text.contains("timeout") || text.contains("timed out") || text.contains("deadline exceeded") {
        .timeout
      } else if text.contains("refused") {
        .connectRefused
      } else if text.contains("no such host") || text.contains("enotfound") || text.contains("eai_again") {
        .resolveFailed
      } else if text.contains("certificate") {
        .certificateInvalid
      } else {
        .expectationFailed
      }
    return HistoryReason(code: code, message: withoutURLs(message))
  }

  /// `https://user:password@host/path?key` as `https://host`.
  private static func withoutURLs(_ message: String) -> String {
    var result: [UInt8] = []
    let bytes = Array(message.utf8.prefix(4 * messageBytes))
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      guard byte == UInt8(ascii: ":"), bytes[index...].starts(with: "://".utf8) else {
        result.append(byte < 0x20 ? UInt8(ascii: " ") : byte)
        index += 1
        continue
      }
      index += 3
      var end = index
      while end < bytes.count, bytes[end] > 0x20, !"\"'<>)".utf8.contains(bytes[end]) { end += 1 }
      var host = bytes[index..<end].prefix { !"/?#".utf8.contains($0) }
      if let at = host.lastIndex(of: UInt8(ascii: "@")) { host = host[(at + 1)...] }
      result += Array("://".utf8) + host
      index = end
    }
    return String(decoding: result, as: UTF8.self)
  }
}
