import Expressions
import Logging
import Model

/// Log lines on standard error: for people, or one JSON object a line for machines.
struct StandardErrorLog: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  private let format: LogFormat
  private let label: String
  private let redactor: @Sendable (String) -> String

  /// - Parameter redactor: masks secrets in every line, whoever wrote it.
  init(label: String, format: LogFormat, level: Logger.Level, redactor: @escaping @Sendable (String) -> String) {
    self.label = label
    self.format = format
    self.redactor = redactor
    logLevel = level
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var fields = metadata
    if let more = event.metadata { fields.merge(more) { $1 } }
    let pairs = fields.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
    let now = SystemTime().now.rfc3339()
    let line: String
    switch format {
    case .text:
      let tail = pairs.map { " \($0)=\(quoted($1))" }.joined()
      line = "\(now) \(HumanText.padded(event.level.rawValue, to: 7)) \(HumanText.escaped("\(event.message)"))\(tail)"
    case .json:
      let members: [(String, Value)] =
        [("time", .string(now)), ("level", .string(event.level.rawValue)), ("message", .string("\(event.message)"))]
        + pairs.map { ($0, .string($1)) }
      line = (try? JSON.write(.map(MapValue(members)))) ?? "{}"
    }
    Terminal.standardError.write(redactor(line) + "\n")
  }

  private func quoted(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 != 34 && $0 != 61 && $0 < 127 }
    return isPlain ? text : "\"" + HumanText.escaped(text).replacing("\"", with: "\\\"") + "\""
  }
}
