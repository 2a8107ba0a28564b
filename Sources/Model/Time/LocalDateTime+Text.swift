extension LocalTime {
  /// Reads `03:00`; nil for anything else.
  package init?(_ text: String) {
    let digits = Array(text.utf8)
    guard digits.count == 5, digits[2] == UInt8(ascii: ":"), let hour = Self.number(digits[0..<2]),
      let minute = Self.number(digits[3..<5]), hour < 24, minute < 60
    else { return nil }
    self.init(hour: hour, minute: minute)
  }

  fileprivate static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    digits.reduce(into: Int?(0)) { number, byte in
      number = (48...57).contains(byte) ? number.map { $0 * 10 + Int(byte) - 48 } : nil
    }
  }

  /// `03:00`.
  package var description: String { "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)" }
}

extension LocalDate {
  /// Reads `2026-12-01`; nil for anything else, and for a day that does not exist.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    let dash = UInt8(ascii: "-")
    guard bytes.count == 10, bytes[4] == dash, bytes[7] == dash, let year = LocalTime.number(bytes[0..<4]), year > 0,
      let month = LocalTime.number(bytes[5..<7]), let day = LocalTime.number(bytes[8..<10])
    else { return nil }
    self.init(year: year, month: month, day: day)
    guard exists else { return nil }
  }
}

extension LocalDateTime {
  /// Reads `2026-12-01T22:00`; nil for anything else, and for a day that does not exist.
  package init?(_ text: String) {
    let parts = text.split(separator: "T", omittingEmptySubsequences: false)
    guard parts.count == 2, let date = LocalDate(String(parts[0])), let time = LocalTime(String(parts[1])) else {
      return nil
    }
    self.init(date: date, time: time)
  }
}
