import Glibc

/// A stream of the process, and what it can show.
struct Terminal: Sendable {
  static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
  static let standardError = Terminal(descriptor: STDERR_FILENO)

  private let descriptor: Int32

  /// Whether a person looks at it.
  var isInteractive: Bool { isatty(descriptor) == 1 }

  /// Writes all of the text; what nobody reads any more is dropped.
  func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var offset = 0
      while offset < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
        if count < 0 {
          guard errno == EINTR else { return }
        } else {
          offset += count
        }
      }
    }
  }
}

/// Colours, or none: `NO_COLOR`, `--no-color` and a pipe turn them off.
struct Style: Sendable {
  let isColored: Bool

  init(isColored: Bool) {
    self.isColored = isColored
  }

  /// The style for standard output.
  init(allowsColor: Bool, environment: [String: String]) {
    let isRefused = !(environment["NO_COLOR"] ?? "").isEmpty
    isColored = allowsColor && !isRefused && Terminal.standardOutput.isInteractive
  }

  enum Ink: String {
    case bold = "1"
    case faint = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case magenta = "35"
    case cyan = "36"
  }

  func callAsFunction(_ text: String, _ ink: Ink) -> String {
    isColored ? "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m" : text
  }
}
