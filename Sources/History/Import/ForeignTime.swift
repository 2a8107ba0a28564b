import Model

/// Times as other systems write them into SQLite: `2026-01-02 03:04:05.678`, with `T` or a blank, with `Z`, ` +0000 UTC`,
/// `+02:00` or nothing after them. Without an offset it is UTC. A Go program's monotonic reading behind it is left alone.
enum ForeignTime {
  static func moment(_ text: String) -> Timestamp? {
    var text = text
    return text.withUTF8 { moment($0) }
  }

  private static func moment(_ bytes: UnsafeBufferPointer<UInt8>) -> Timestamp? {
    guard bytes.count >= 19 else { return nil }
    func number(_ start: Int, _ count: Int) -> Int64? {
      var value: Int64 = 0
      for index in start..<start + count {
        guard index < bytes.count, 48...57 ~= bytes[index] else { return nil }
        value = value * 10 + Int64(bytes[index] - 48)
      }
      return value
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
      let minute = number(14, 2), let second = number(17, 2), 1...12 ~= month, 1...31 ~= day, hour < 24, minute < 60
    else { return nil }
    var index = 19
    var nanoseconds: Int64 = 0
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      index += 1
      var unit: Int64 = 100_000_000
      while index < bytes.count, 48...57 ~= bytes[index] {
        nanoseconds += Int64(bytes[index] - 48) * unit
        unit /= 10
        index += 1
      }
    }
    while index < bytes.count, bytes[index] == 32 { index += 1 }
    var offset: Int64 = 0
    if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
      let hasColon = index + 3 < bytes.count && bytes[index + 3] == UInt8(ascii: ":")
      guard let hours = number(index + 1, 2), let minutes = number(index + (hasColon ? 4 : 3), 2) else { return nil }
      offset = (hours * 60 + minutes) * 60 * (bytes[index] == UInt8(ascii: "-") ? -1 : 1)
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
    return Timestamp(secondsSinceEpoch: seconds) + .nanoseconds(nanoseconds)
  }

  /// Days since the epoch in the Gregorian calendar.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    // Years begin in March, so that a leap day is their last (http://howardhinnant.github.io/date_algorithms.html).
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
