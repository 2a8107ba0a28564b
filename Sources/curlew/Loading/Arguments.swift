import ArgumentParser
import Model

/// A duration on the command line: `250ms`, `30s`, `1h30m`, `30d`.
struct DurationArgument: ExpressibleByArgument {
  let duration: Duration

  init(_ duration: Duration) {
    self.duration = duration
  }

  init?(argument: String) {
    guard let duration = Units.duration(argument), duration > .zero else { return nil }
    self.duration = duration
  }

  var defaultValueDescription: String { Units.text(of: duration) }
}

/// A moment on the command line, RFC 3339.
struct TimestampArgument: ExpressibleByArgument {
  let timestamp: Timestamp

  init?(argument: String) {
    guard let timestamp = Timestamp(rfc3339: argument) else { return nil }
    self.timestamp = timestamp
  }
}
