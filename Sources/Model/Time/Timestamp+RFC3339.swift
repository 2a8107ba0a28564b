extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC with milliseconds, `2026-11-21T10:56:00.123Z`.
  package var description: String { rfc3339(fractionDigits: 3) }

  /// RFC 3339 text in UTC.
  ///
  /// - Parameter fractionDigits: digits after the second, 0 to 9; what is finer is cut off.
  package func rfc3339(fractionDigits: Int = 3) -> String {
    let seconds = nanosecondsSinceEpoch.flooredQuotient(by: 1_000_000_000)
    let fraction = nanosecondsSinceEpoch.flooredRemainder(by: 1_000_000_000)
    let days = seconds.flooredQuotient(by: 86_400)
    let secondOfDay = seconds - days * 86_400
    let date = LocalDate(daysSinceEpoch: Int(days))
    var text = ""
    text.reserveCapacity(30)
    text.append(padded: Int64(date.year), to: 4)
    text += "-"
    text.append(padded: Int64(date.month), to: 2)
    text += "-"
    text.append(padded: Int64(date.day), to: 2)
    text += "T"
    text.append(padded: secondOfDay / 3600, to: 2)
    text += ":"
    text.append(padded: secondOfDay / 60 % 60, to: 2)
    text += ":"
    text.append(padded: secondOfDay % 60, to: 2)
    if fractionDigits > 0 {
      var divisor: Int64 = 1_000_000_000
      for _ in 0..<min(fractionDigits, 9) { divisor /= 10 }
      text += "."
      text.append(padded: fraction / divisor, to: min(fractionDigits, 9))
    }
    return text + "Z"
  }

  /// Reads RFC 3339 section 5.6 text: `2026-11-21T10:56:00Z`, with an optional fraction and any offset.
  ///
  /// - Returns: nil for anything else, and outside the years 1678 to 2261.
  package init?(rfc3339 text: String) {
    var scanner = DigitScanner(text)
    guard let year = scanner.number(digits: 4), scanner.skip("-"), let month = scanner.number(digits: 2),
      scanner.skip("-"),
      let day = scanner.number(digits: 2), scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
      let hour = scanner.number(digits: 2), scanner.skip(":"), let minute = scanner.number(digits: 2),
      scanner.skip(":"),
      let second = scanner.number(digits: 2), (1678...2261).contains(year), (1...12).contains(month), hour < 24,
      minute < 60, second < 61
    else { return nil }
    var fraction: Int64 = 0
    if scanner.skip(".") {
      guard let nanoseconds = scanner.fraction() else { return nil }
      fraction = nanoseconds
    }
    var offsetSeconds: Int64 = 0
    if !(scanner.skip("Z") || scanner.skip("z")) {
      let isBehind = scanner.skip("-")
      guard isBehind || scanner.skip("+"), let hours = scanner.number(digits: 2), scanner.skip(":"),
        let minutes = scanner.number(digits: 2), hours < 24, minutes < 60
      else { return nil }
      offsetSeconds = (hours * 3600 + minutes * 60) * (isBehind ? -1 : 1)
    }
    guard scanner.isAtEnd else { return nil }
    let date = LocalDate(year: Int(year), month: Int(month), day: Int(day))
    guard date.exists else { return nil }
    let days = Int64(date.daysSinceEpoch)
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offsetSeconds
    self.init(nanosecondsSinceEpoch: seconds * 1_000_000_000 + fraction)
  }
}

/// Reads fixed-width numbers off the front of ASCII text.
private struct DigitScanner {
  private var rest: Substring.UTF8View

  init(_ text: String) {
    rest = text[...].utf8
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  mutating func number(digits: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<digits {
      guard let byte = rest.first, (48...57).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 48)
      rest.removeFirst()
    }
    return value
  }

  /// At least one digit; those past the ninth are cut off. The result is in nanoseconds.
  mutating func fraction() -> Int64? {
    var value: Int64 = 0
    var count = 0
    while let byte = rest.first, (48...57).contains(byte) {
      if count < 9 { value = value * 10 + Int64(byte - 48) }
      count += 1
      rest.removeFirst()
    }
    guard count > 0 else { return nil }
    for _ in min(count, 9)..<9 { value *= 10 }
    return value
  }
}

extension String {
  /// Appends a number with leading zeros up to `width`.
  fileprivate mutating func append(padded number: Int64, to width: Int) {
    let digits = String(number)
    for _ in 0..<max(0, width - digits.utf8.count) { append("0") }
    append(digits)
  }
}
