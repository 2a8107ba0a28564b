/// Durations, sizes and percentages as people write them.
package enum Units {
  private static let durationUnits: [(name: String, nanoseconds: Int64)] = [
    ("w", 604_800_000_000_000), ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
    ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("µs", 1_000), ("ns", 1),
  ]

  /// `250ms`, `30s`, `1h30m`, `1.5s`, `2w`: numbers with units, units from large to small, each once. Nil for anything
  /// else, and for more than 64 bits of nanoseconds hold (292 years).
  package static func duration(_ text: String) -> Duration? {
    var rest = text[...]
    var total: Int64 = 0
    var nextUnit = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      let name = rest.dropFirst(number.count).prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
      guard let unit = durationUnits.indices.first(where: { durationUnits[$0].name == name }), unit >= nextUnit,
        let nanoseconds = scaled(number, by: durationUnits[unit].nanoseconds)
      else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(nanoseconds)
      guard !overflow else { return nil }
      total = sum
      nextUnit = unit + 1
      rest = rest.dropFirst(number.count + name.count)
    }
    return .nanoseconds(total)
  }

  private static let sizeUnits: [String: Int64] = [
    "B": 1, "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "KiB": 1 << 10, "MiB": 1 << 20,
    "GiB": 1 << 30,
  ]

  /// `64KiB`, `10MB`, `512B`, or bytes without a unit.
  package static func size(_ text: String) -> Int? {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text.dropFirst(number.count).drop { $0 == " " }
    guard let factor = unit.isEmpty ? 1 : sizeUnits[String(unit)] else { return nil }
    return scaled(number, by: factor).map(Int.init)
  }

  /// `99.5%` as 0.995.
  package static func percentage(_ text: String) -> Double? {
    guard text.hasSuffix("%"), let (digits, places) = decimal(text.dropLast()) else { return nil }
    // One division only, so that 99.5 % is the very number that 0.995 is.
    var divisor = 100.0
    for _ in 0..<places { divisor *= 10 }
    return Double(digits) / divisor
  }

  /// A decimal number times `factor`, cut to whole units; nil when it is no number or too large.
  private static func scaled(_ number: Substring, by factor: Int64) -> Int64? {
    guard let (digits, places) = decimal(number) else { return nil }
    var divisor: Int64 = 1
    for _ in 0..<places { divisor *= 10 }
    let (product, overflow) = digits.multipliedReportingOverflow(by: factor)
    if !overflow { return product / divisor }
    let approximate = Double(digits) / Double(divisor) * Double(factor)
    return approximate < 9.2e18 ? Int64(approximate) : nil
  }

  /// Digits without their point, and how many stood behind it; at most 18 in all.
  private static func decimal(_ text: Substring) -> (digits: Int64, places: Int)? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = parts.first, !whole.isEmpty, parts.allSatisfy({ !$0.isEmpty }) else {
      return nil
    }
    let fraction = parts.count == 2 ? parts[1] : ""
    let digits = whole + fraction
    guard digits.utf8.count <= 18, digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int64(digits) else {
      return nil
    }
    return (number, fraction.utf8.count)
  }

  /// A duration in the way it is written in files, for messages.
  package static func text(of duration: Duration, hasWeeks: Bool = true) -> String {
    var left = duration.nanoseconds
    guard left > 0 else { return "0s" }
    var text = ""
    for unit in durationUnits where unit.name != "us" && left >= unit.nanoseconds {
      // 365d, not 52w1d.
      if unit.name == "w", !hasWeeks || left % unit.nanoseconds != 0 { continue }
      text += "\(left / unit.nanoseconds)\(unit.name)"
      left %= unit.nanoseconds
    }
    return text
  }

  /// A number of bytes in the way it is written in files, for messages.
  package static func text(ofBytes count: Int) -> String {
    for (name, factor) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    where count >= factor && count % factor == 0 {
      return "\(count / factor)\(name)"
    }
    return "\(count)B"
  }
}
