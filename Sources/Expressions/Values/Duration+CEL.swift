extension Duration {
  /// The count of nanoseconds, cut towards zero; nil where 64 bits do not hold it, which is also the range of CEL's
  /// durations.
  var nanosecondCount: Int64? {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if !overflow {
      let (sum, overflow) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
      return overflow ? nil : sum
    }
    // Only Int64.min itself lies between: its whole seconds times 10⁹ do fit, so an overflow here is out of range.
    return nil
  }

  /// Go's notation (https://pkg.go.dev/time#ParseDuration): `1h30m`, `-1.5s`, `250ms`, `0`. Nil for anything else and
  /// beyond 64 bits of nanoseconds.
  package init?(goNotation text: String) {
    var bytes = Array(text.utf8)[...]
    var isNegative = false
    if bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") {
      isNegative = bytes.removeFirst() == UInt8(ascii: "-")
    }
    if bytes.elementsEqual([UInt8(ascii: "0")]) {
      self = .zero
      return
    }
    guard !bytes.isEmpty else { return nil }
    var total: UInt64 = 0
    while !bytes.isEmpty {
      guard let part = Self.part(&bytes) else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(part)
      guard !overflow, sum <= UInt64(Int64.max) + 1 else { return nil }
      total = sum
    }
    if isNegative {
      self = .nanoseconds(total > UInt64(Int64.max) ? .min : -Int64(total))
    } else {
      guard let nanoseconds = Int64(exactly: total) else { return nil }
      self = .nanoseconds(nanoseconds)
    }
  }

  /// Takes one number with its unit off the front and gives its nanoseconds.
  private static func part(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
    let whole = bytes.prefix(while: isDigit)
    bytes = bytes.dropFirst(whole.count)
    var fraction: ArraySlice<UInt8> = []
    if bytes.first == UInt8(ascii: ".") {
      bytes.removeFirst()
      fraction = bytes.prefix(while: isDigit)
      bytes = bytes.dropFirst(fraction.count)
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    let unitBytes = bytes.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
    bytes = bytes.dropFirst(unitBytes.count)
    let unit: UInt64
    switch String(decoding: unitBytes, as: UTF8.self) {
    case "ns": unit = 1
    case "us", "\u{b5}s", "\u{3bc}s": unit = 1_000
    case "ms": unit = 1_000_000
    case "s": unit = 1_000_000_000
    case "m": unit = 60_000_000_000
    case "h": unit = 3_600_000_000_000
    default: return nil
    }
    var result: UInt64 = 0
    for byte in whole {
      let (scaled, overflow) = result.multipliedReportingOverflow(by: 10)
      let (sum, carried) = scaled.addingReportingOverflow(UInt64(byte - 0x30))
      guard !overflow, !carried else { return nil }
      result = sum
    }
    let (scaled, overflow) = result.multipliedReportingOverflow(by: unit)
    guard !overflow else { return nil }
    // Decimals beyond the 18th cannot reach a nanosecond of any unit.
    var parts: UInt64 = 0
    var scale: UInt64 = 1
    for byte in fraction.prefix(18) {
      parts = parts * 10 + UInt64(byte - 0x30)
      scale *= 10
    }
    let (high, low) = parts.multipliedFullWidth(by: unit)
    let (sum, carried) = scaled.addingReportingOverflow(scale.dividingFullWidth((high, low)).quotient)
    return carried ? nil : sum
  }

  /// Seconds with as many decimals as are needed and `s`, as CEL's `string()` has it: `1.5s`, `-0.25s`.
  package var secondsNotation: String {
    let (seconds, attoseconds) = components
    let nanoseconds = attoseconds / 1_000_000_000
    let sign = seconds < 0 || nanoseconds < 0 ? "-" : ""
    return "\(sign)\(seconds.magnitude)\(NumberText.decimals(abs(nanoseconds)))s"
  }

  /// Short text for people, in the largest unit that fits: `512ms`, `1.24s`, `6d12h`.
  package var brief: String {
    guard let count = nanosecondCount else { return secondsNotation }
    let sign = count < 0 ? "-" : ""
    let size = count.magnitude
    if size >= 3_600_000_000_000 {
      let minutes = size / 60_000_000_000
      let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60)
      var text = sign
      if days > 0 { text += "\(days)d" }
      if hours > 0 { text += "\(hours)h" }
      if rest > 0 { text += "\(rest)m" }
      return text
    }
    let (unit, name): (UInt64, String) =
      size >= 1_000_000_000 ? (1_000_000_000, "s") : size >= 1_000_000 ? (1_000_000, "ms") : (1_000, "µs")
    if size < 1_000 { return size == 0 ? "0s" : "\(sign)\(size)ns" }
    let fraction = (size % unit) * 1_000_000_000 / unit
    return "\(sign)\(size / unit)\(NumberText.decimals(Int64(fraction)))\(name)"
  }
}
