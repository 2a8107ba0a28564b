import Glibc

/// A stream of the process, and what it can show.
struct Terminal: Sendable {
  static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
  static let standardError = Terminal(descriptor: STDERR_FILENO)

  private let descriptor: Int32

  /// Whether a person looks at it.
  var isInteractive: Bool { isatty(descriptor) == 1 }

  /// How many columns and lines it has at this moment (ioctl_tty(2)); 80 by 24 where it does not say.
  var size: (columns: Int, lines: Int) {
    // `struct winsize`: rows, columns, and both in pixels. Which module owns its name depends on the order of imports.
    var size = [UInt16](repeating: 0, count: 4)
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size[0] > 0, size[1] > 0 else { return (80, 24) }
    return (columns: Int(size[1]), lines: Int(size[0]))
  }

  /// Writes all of the text; what nobody reads any more is dropped.
  func write(_ text: String) {
    // There is nobody left to tell.
    try? Self.write(text, to: descriptor)
  }

  /// Writes all of the text, however many calls it takes (write(2)).
  static func write(_ text: String, to descriptor: Int32) throws(WriteFailure) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        bytes = bytes.dropFirst(count)
      } else if errno != EINTR {
        throw WriteFailure(code: errno)
      }
    }
  }
}

/// Why not all of a text was written, as errno(3) has it.
struct WriteFailure: Error {
  var code: Int32
}

/// Colours, or none: `NO_COLOR`, `--no-color`, `TERM=dumb` and a pipe turn them off.
struct Style: Sendable {
  let isColored: Bool

  init(isColored: Bool) {
    self.isColored = isColored
  }

  /// Without colours.
  static let plain = Style(isColored: false)

  /// The style for standard output.
  init(allowsColor: Bool, environment: [String: String]) {
    let isRefused = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
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
