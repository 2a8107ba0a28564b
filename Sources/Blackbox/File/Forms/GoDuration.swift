import Model

/// Durations as Go reads and writes them (https://pkg.go.dev/time#ParseDuration).
enum GoDuration {
  /// Nanoseconds of each unit; days, weeks and years are those of Prometheus.
  private static let units: [String: Double] = [
    "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 86_400e9,
    "w": 604_800e9, "y": 31_536_000e9,
  ]

  /// Numbers with units, in any order and as often as one likes, with a sign before all: `1m30s`, `-1.5h`, `.5s`; `0` needs
  /// no unit. Nil for anything else, and for more than 64 bits of nanoseconds hold (292 years).
  static func duration(_ text: String) -> Duration? {
    var rest = text.unicodeScalars[...]
    let isNegative = rest.first == "-"
    if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
    if rest.elementsEqual("0".unicodeScalars) { return .zero }
    guard !rest.isEmpty else { return nil }
    var total: Int64 = 0
    while !rest.isEmpty {
      let number = rest.prefix { $0 == "." || ("0"..."9").contains($0) }
      let name = rest[number.endIndex...].prefix { $0 != "." && !("0"..."9").contains($0) }
      guard number.contains(where: { $0 != "." }), let unit = units[String(name)],
        let nanoseconds = scaled(String(number), by: unit)
      else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(nanoseconds)
      guard !overflow else { return nil }
      total = sum
      rest = rest[name.endIndex...]
    }
    return .nanoseconds(isNegative ? -total : total)
  }

  private static func scaled(_ number: String, by unit: Double) -> Int64? {
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = parts[0].isEmpty ? 0 : Int64(parts[0]) else { return nil }
    let (product, overflow) = whole.multipliedReportingOverflow(by: Int64(unit))
    let fraction = parts.count == 2 ? (Double("0.\(parts[1])0") ?? 0) * unit : 0
    guard !overflow, product < .max - Int64(fraction) else { return nil }
    return product + Int64(fraction)
  }

  /// A duration as Go's `String` writes it: `1h30m0s`, `1.5s`, `500ms`, `2µs`.
  static func text(of duration: Duration) -> String {
    let nanoseconds = duration.nanoseconds
    let sign = nanoseconds < 0 ? "-" : ""
    let size = nanoseconds.magnitude
    switch size {
    case 0: return "0s"
    case ..<1_000: return "\(sign)\(size)ns"
    case ..<1_000_000: return "\(sign)\(decimal(size, of: 1_000))µs"
    case ..<1_000_000_000: return "\(sign)\(decimal(size, of: 1_000_000))ms"
    default: break
    }
    let minutes = size / 60_000_000_000
    let seconds = decimal(size % 60_000_000_000, of: 1_000_000_000)
    if minutes == 0 { return "\(sign)\(seconds)s" }
    if minutes < 60 { return "\(sign)\(minutes)m\(seconds)s" }
    return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)s"
  }

  /// A quotient without the zeros at its end.
  private static func decimal(_ value: UInt64, of unit: UInt64) -> String {
    let rest = value % unit
    guard rest > 0 else { return String(value / unit) }
    var digits = String(rest)
    digits = String(repeating: "0", count: String(unit).count - 1 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(value / unit).\(digits)"
  }
}
