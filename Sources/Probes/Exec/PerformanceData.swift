/// Numbers that a monitoring plugin appends to what it says (Monitoring Plugins guidelines, "Performance data"):
/// `'label'=value[unit];[warn];[crit];[min];[max]` between blanks, behind a bar.
///
/// Only values are taken. Times become seconds and amounts of data bytes (of 1024, as the plugins count), so that a metric
/// keeps its unit when a plugin changes its mind; percents, counters and bare numbers stay as they are.
struct PerformanceData {
  /// Value by label; of two with the same label, the last.
  private(set) var metrics: [String: Double] = [:]

  /// Reads what a plugin wrote: behind the bar of its first line, and all that follows a second bar further down.
  init(_ output: String) {
    var isLongTextOver = false
    for (index, line) in output.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if isLongTextOver {
        read(line)
      } else if let bar = line.firstIndex(of: "|") {
        read(line[line.index(after: bar)...])
        isLongTextOver = index > 0
      }
    }
  }

  private mutating func read(_ text: Substring) {
    var rest = text.drop(while: \.isWhitespace)
    while !rest.isEmpty {
      let label = Self.label(&rest)
      let value = rest.prefix { !$0.isWhitespace }
      rest = rest.dropFirst(value.count).drop(while: \.isWhitespace)
      if let label, let number = Self.number(value) { metrics[label] = number }
    }
  }

  /// Takes the label and the equals sign; a quote inside of quotes is written twice.
  private static func label(_ rest: inout Substring) -> String? {
    var label = ""
    if rest.first == "'" {
      rest = rest.dropFirst()
      while let character = rest.popFirst() {
        guard character == "'" else {
          label.append(character)
          continue
        }
        guard rest.first == "'" else { break }
        label.append("'")
        rest = rest.dropFirst()
      }
    } else {
      label = String(rest.prefix { $0 != "=" && !$0.isWhitespace })
      rest = rest.dropFirst(label.count)
    }
    guard rest.first == "=", !label.isEmpty else { return nil }
    rest = rest.dropFirst()
    return label
  }

  /// The value before the first semicolon in its base unit; nil for `U`, which says that there is none.
  private static func number(_ text: Substring) -> Double? {
    let value = text.prefix { $0 != ";" }
    let digits = value.prefix { $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }
    let unit = value.dropFirst(digits.count)
    guard let number = Double(digits), number.isFinite, let scale = scales[unit.lowercased()] else { return nil }
    return scale < 0 ? number / -scale : number * scale
  }

  /// What a number is multiplied by or, where it is negative, divided by: 5 µs is 5 / 1e6 to the last bit.
  private static let scales: [String: Double] = [
    "": 1, "%": 1, "c": 1, "s": 1, "ms": -1e3, "us": -1e6, "µs": -1e6, "ns": -1e9, "b": 1, "kb": 0x1p10, "mb": 0x1p20,
    "gb": 0x1p30, "tb": 0x1p40, "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30, "tib": 0x1p40,
  ]
}
