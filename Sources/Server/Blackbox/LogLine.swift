package import Blackbox
import Expressions
package import Model

/// One line of a log in the shapes that blackbox_exporter's log has.
package struct LogLine: Sendable {
  package var time: Timestamp
  package var level: LogEntry.Level
  package var message: String
  /// In order.
  package var fields: [(String, String)]

  /// A line with everything said.
  package init(time: Timestamp, level: LogEntry.Level, message: String, fields: [(String, String)]) {
    self.time = time
    self.level = level
    self.message = message
    self.fields = fields
  }

  /// `time=2026-11-21T20:00:00.123Z level=INFO msg="Beginning probe" module=http_2xx`.
  package var logfmt: String {
    var line = "time=\(moment) level=\(level.rawValue.uppercased()) msg=\(Self.value(message))"
    for (name, value) in fields { line += " \(name)=\(Self.value(value))" }
    return line
  }

  /// The same as a JSON object.
  package var json: String {
    let head: [(String, String)] = [("time", moment), ("level", level.rawValue.uppercased()), ("msg", message)]
    let members = (head + fields).map { "\(JSON.quote($0.0)):\(JSON.quote($0.1))" }
    return "{\(members.joined(separator: ","))}"
  }

  private var moment: String { time.rfc3339() }

  /// As it is where that cannot be misread, quoted otherwise.
  private static func value(_ text: String) -> String {
    let isPlain =
      !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0.value != 0x7f }
    return isPlain ? text : GoQuote.quoted(text)
  }
}
