/// A moment in UTC with nanoseconds, from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z
/// (`google.protobuf.Timestamp`).
package struct TimestampValue: Sendable, Hashable, Comparable {
  static let firstSecond: Int64 = -62_135_596_800
  static let lastSecond: Int64 = 253_402_300_799

  /// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
  package let seconds: Int64
  /// 0 to 999,999,999, forward in time also before 1970.
  package let nanoseconds: Int32

  /// Nil outside of the years 1 to 9999 or with nanoseconds that are none.
  package init?(seconds: Int64, nanoseconds: Int32 = 0) {
    guard Self.firstSecond...Self.lastSecond ~= seconds, 0..<1_000_000_000 ~= nanoseconds else { return nil }
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  private init(unchecked seconds: Int64) {
    self.seconds = seconds
    nanoseconds = 0
  }

  /// 1970-01-01T00:00:00Z.
  package static let epoch = TimestampValue(unchecked: 0)

  /// Earlier before later.
  package static func < (left: TimestampValue, right: TimestampValue) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// The moment that much later; nil outside of the years 1 to 9999.
  package func adding(_ duration: Duration) -> TimestampValue? {
    let (whole, attoseconds) = duration.components
    var nanos = Int64(nanoseconds) + attoseconds / 1_000_000_000
    var (sum, overflow) = seconds.addingReportingOverflow(whole)
    if overflow { return nil }
    if nanos < 0 {
      nanos += 1_000_000_000
      sum -= 1
    } else if nanos >= 1_000_000_000 {
      nanos -= 1_000_000_000
      sum += 1
    }
    return TimestampValue(seconds: sum, nanoseconds: Int32(nanos))
  }

  /// From `other` to this moment.
  package func since(_ other: TimestampValue) -> Duration {
    .seconds(seconds - other.seconds) + .nanoseconds(Int64(nanoseconds) - Int64(other.nanoseconds))
  }
}

/// A day in the proleptic Gregorian calendar with the time of the day.
struct CivilTime {
  var year: Int64
  /// 1 to 12.
  var month: Int64
  /// 1 to 31.
  var day: Int64
  var hour: Int64
  var minute: Int64
  var second: Int64
  /// 0 is Sunday.
  var weekday: Int64
  /// 0 is January 1st.
  var dayOfYear: Int64

  /// The civil time of a count of seconds since 1970, by Howard Hinnant's `civil_from_days`
  /// (https://howardhinnant.github.io/date_algorithms.html).
  init(secondsSince1970 seconds: Int64) {
    let days = seconds.flooredQuotient(86_400)
    let rest = seconds - days * 86_400
    let shifted = days + 719_468
    let era = shifted.flooredQuotient(146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayFromMarch + 2) / 153
    day = dayFromMarch - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    hour = rest / 3600
    minute = rest % 3600 / 60
    second = rest % 60
    weekday = (days + 4) - (days + 4).flooredQuotient(7) * 7
    dayOfYear = days - Self.days(year: year, month: 1, day: 1)
  }

  /// Days since 1970-01-01.
  static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted.flooredQuotient(400)
    let yearOfEra = shifted - era * 400
    let dayFromMarch = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayFromMarch - 719_468
  }

  static func daysInMonth(year: Int64, month: Int64) -> Int64 {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

extension Int64 {
  /// Division that rounds towards −∞.
  func flooredQuotient(_ divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}

extension TimestampValue {
  /// RFC 3339 section 5.6 with `T`, an offset or `Z`, and up to nine decimals (more are cut off); no leap second.
  /// Nil for anything else and outside of the years 1 to 9999.
  package init?(rfc3339 text: String) {
    var scanner = DigitScanner(text.utf8)
    guard
      let year = scanner.number(digits: 4), scanner.take("-"),
      let month = scanner.number(digits: 2), 1...12 ~= month, scanner.take("-"),
      let day = scanner.number(digits: 2), day >= 1, day <= CivilTime.daysInMonth(year: year, month: month),
      scanner.take("T"),
      let hour = scanner.number(digits: 2), hour <= 23, scanner.take(":"),
      let minute = scanner.number(digits: 2), minute <= 59, scanner.take(":"),
      let second = scanner.number(digits: 2), second <= 59
    else { return nil }
    var nanoseconds: Int64 = 0
    if scanner.take(".") {
      guard let fraction = scanner.fraction() else { return nil }
      nanoseconds = fraction
    }
    var offset: Int64 = 0
    if !scanner.take("Z") {
      let sign: Int64 = scanner.take("-") ? -1 : 1
      guard
        sign < 0 || scanner.take("+"),
        let hours = scanner.number(digits: 2), hours <= 24, scanner.take(":"),
        let minutes = scanner.number(digits: 2), minutes <= 59
      else { return nil }
      offset = sign * (hours * 3600 + minutes * 60)
    }
    guard scanner.isAtEnd else { return nil }
    let days = CivilTime.days(year: year, month: month, day: day)
    self.init(
      seconds: days * 86_400 + hour * 3600 + minute * 60 + second - offset, nanoseconds: Int32(nanoseconds))
  }

  /// RFC 3339 in UTC with as many decimals as are needed: `2009-02-13T23:31:30.5Z`.
  package var rfc3339: String {
    let time = CivilTime(secondsSince1970: seconds)
    func pad(_ number: Int64, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = "\(pad(time.year, 4))-\(pad(time.month, 2))-\(pad(time.day, 2))"
    let clock = "\(pad(time.hour, 2)):\(pad(time.minute, 2)):\(pad(time.second, 2))"
    return "\(date)T\(clock)\(NumberText.decimals(Int64(nanoseconds)))Z"
  }
}

/// Takes fixed-width numbers off a text.
private struct DigitScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String.UTF8View) { bytes = Array(text) }

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
    position += 1
    return true
  }

  mutating func digit() -> Int64? {
    guard position < bytes.count, 0x30...0x39 ~= bytes[position] else { return nil }
    defer { position += 1 }
    return Int64(bytes[position] - 0x30)
  }

  mutating func number(digits: Int) -> Int64? {
    var result: Int64 = 0
    for _ in 0..<digits {
      guard let digit = digit() else { return nil }
      result = result * 10 + digit
    }
    return result
  }

  /// Decimals as nanoseconds.
  mutating func fraction() -> Int64? {
    guard var result = digit() else { return nil }
    var digits = 1
    while let next = digit() {
      if digits < 9 {
        result = result * 10 + next
        digits += 1
      }
    }
    for _ in digits..<9 { result *= 10 }
    return result
  }
}
