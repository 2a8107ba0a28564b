import Documents
import Model

/// The keys of `heartbeat`.
enum HeartbeatKeys {
  static let grace = Key("grace", .duration(.zero ... .days(365)), "how long after 'every' a report may come (5m)")
  static let token = Key("token", .heartbeatToken, "what the job shows; without, a token of the service file")
  static let table = SectionTable("heartbeat", [grace.any, token.any])

  /// What a check says of probes: here nothing is probed.
  static let foreign: Set<String> = Set(
    JudgingKeys.all.map(\.name) + [
      CheckKeys.timeout.name, CheckKeys.retry.name, CheckKeys.trace.name, CheckKeys.sensitive.name,
      CheckKeys.measure.name, CheckKeys.quorum.name,
    ])

  /// Why one of those has no meaning beside `heartbeat`.
  static func reason(against key: String) -> String {
    switch key {
    case CheckKeys.timeout.name: "nothing is waited for: 'every' and 'grace' say when a report is overdue"
    case CheckKeys.retry.name: "a failure is the job's own word, and cannot be tried again from here"
    case CheckKeys.trace.name: "no request is sent"
    case CheckKeys.quorum.name: "a job reports once, and no region votes on it"
    case CheckKeys.sensitive.name: "a job sends no more than it wants to have shown"
    default: "there is no answer to judge: the job says itself whether it succeeded"
    }
  }
}

extension Heartbeat {
  /// Where no `grace` is written.
  static let standardGrace = Duration.minutes(5)
}

extension Form where Value == Secret {
  /// The fewest characters of a token: it stands against guessing from the network.
  private static let fewest = 8

  /// What goes into an `Authorization` header as it is.
  static let heartbeatToken = Form<String>.text.map(schema: .text(pattern: "^[!-~]{\(fewest),512}$")) {
    text, node, reader -> Secret? in
    if (fewest...512).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
      return Secret(text)
    }
    // The value stays out of the message.
    reader.fault(
      "this is no token", at: node,
      notes: ["a token has \(fewest) to 512 visible ASCII characters, and no blanks: openssl rand -hex 24 makes one"])
    return nil
  }
}

extension Form where Value == Heartbeat {
  static let heartbeat = Form.section(HeartbeatKeys.table) { section in
    let token = section(HeartbeatKeys.token)
    return Heartbeat(grace: section(HeartbeatKeys.grace) ?? Heartbeat.standardGrace, token: token)
  }
}
