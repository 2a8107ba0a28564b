extension Timestamp {
  /// Reads the date of a header field in any of the three forms that HTTP has had (RFC 9110 section 5.6.7):
  /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`. The name of the day is not
  /// held against the date.
  package init?(httpDate text: String) {
    let words = text.utf8.split(whereSeparator: { $0 == 32 || $0 == UInt8(ascii: "-") })
    let parts: (year: Substring.UTF8View, month: Substring.UTF8View, day: Substring.UTF8View, time: Substring.UTF8View)
    switch words.count {
    case 6 where Self.isGMT(words[5]) && words[0].last == UInt8(ascii: ","):
      parts = (words[3], words[2], words[1], words[4])
    case 5 where words[0].last != UInt8(ascii: ","): parts = (words[4], words[1], words[2], words[3])
    default: return nil
    }
    guard let month = Self.month(parts.month), let day = Self.number(parts.day, 1...2),
      var year = Self.number(parts.year, 2...4), parts.year.count != 3,
      let time = Self.secondOfDay(parts.time)
    else { return nil }
    // As Go reads them, and POSIX (strptime(3), %y).
    if parts.year.count == 2 { year += year < 69 ? 2000 : 1900 }
    let date = LocalDate(year: Int(year), month: Int(month), day: Int(day))
    guard date.exists else { return nil }
    self.init(secondsSinceEpoch: Int64(date.daysSinceEpoch) * 86_400 + time)
  }

  private static func isGMT(_ word: Substring.UTF8View) -> Bool { word.elementsEqual("GMT".utf8) }

  private static func month(_ word: Substring.UTF8View) -> Int64? {
    let names: [StaticString] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard word.count == 3 else { return nil }
    let index = names.firstIndex { name in
      word.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
    return index.map { Int64($0) + 1 }
  }

  private static func number(_ digits: Substring.UTF8View, _ width: ClosedRange<Int>) -> Int64? {
    guard width.contains(digits.count) else { return nil }
    var number: Int64 = 0
    for digit in digits {
      guard (48...57).contains(digit) else { return nil }
      number = number * 10 + Int64(digit - 48)
    }
    return number
  }

  private static func secondOfDay(_ text: Substring.UTF8View) -> Int64? {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 3, let hours = number(parts[0], 2...2), let minutes = number(parts[1], 2...2),
      let seconds = number(parts[2], 2...2), hours < 24, minutes < 60, seconds < 60
    else { return nil }
    return hours * 3600 + minutes * 60 + seconds
  }
}
