package import Model

/// Why a text is no cron expression.
package struct CronFault: Error, Hashable, Sendable {
  /// One line with the user's text in quotes.
  package let message: String
  /// The part that is wrong, in UTF-8 offsets of the text.
  package let range: Range<Int>
  /// What may stand there.
  package let allowed: [String]
}

extension CronExpression {
  /// Reads the five fields of crontab(5), or one of its names such as `@daily`.
  ///
  /// Names of months and days may be written in place of their numbers, in ranges too; 7 is Sunday as 0 is.
  package init(parsing text: String) throws(CronFault) {
    let bytes = Array(text.utf8)
    let trimmed = text.split { $0 == " " || $0 == "\t" }.map(String.init)
    if trimmed.count == 1, let name = trimmed.first, name.hasPrefix("@") {
      guard let fields = Self.names[name] else {
        throw CronFault(
          message: "unknown name '\(name.prefix(40))' for times", range: 0..<bytes.count,
          allowed: Self.names.keys.sorted())
      }
      try self.init(parsing: fields)
      self.text = text
      return
    }
    let fields = Self.fields(of: bytes)
    guard fields.count == CronField.allCases.count else {
      throw CronFault(
        message: "a cron expression has 5 fields, and this one has \(fields.count)", range: 0..<bytes.count, allowed: []
      )
    }
    var sets: [Set<Int>] = []
    for (field, range) in zip(CronField.allCases, fields) { sets.append(try field.values(in: bytes, range)) }
    // As cron: 0 and 7 are one day.
    let daysOfWeek = Set(sets[4].map { $0 % 7 })
    let star = UInt8(ascii: "*")
    self.init(
      text: text, minutes: sets[0], hours: sets[1], daysOfMonth: sets[2], months: sets[3], daysOfWeek: daysOfWeek,
      restrictsDayOfMonth: bytes[fields[2].lowerBound] != star, restrictsDayOfWeek: bytes[fields[4].lowerBound] != star)
  }

  private static let names = [
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
  ]

  /// The ranges of text between blanks.
  private static func fields(of bytes: [UInt8]) -> [Range<Int>] {
    var fields: [Range<Int>] = []
    var start: Int?
    for (index, byte) in bytes.enumerated() {
      if byte == 0x20 || byte == 0x09 {
        if let begin = start { fields.append(begin..<index) }
        start = nil
      } else if start == nil {
        start = index
      }
    }
    if let begin = start { fields.append(begin..<bytes.count) }
    return fields
  }
}

/// One field of a cron expression.
private enum CronField: CaseIterable {
  case minute, hour, dayOfMonth, month, dayOfWeek

  private static let monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
  private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

  private var title: String {
    switch self {
    case .minute: "minute"
    case .hour: "hour"
    case .dayOfMonth: "day of the month"
    case .month: "month"
    case .dayOfWeek: "day of the week"
    }
  }

  private var bounds: ClosedRange<Int> {
    switch self {
    case .minute: 0...59
    case .hour: 0...23
    case .dayOfMonth: 1...31
    case .month: 1...12
    case .dayOfWeek: 0...7
    }
  }

  /// Words in place of numbers; the first one stands for the lower bound.
  private var names: [String] {
    switch self {
    case .month: Self.monthNames
    case .dayOfWeek: Self.dayNames
    case .minute, .hour, .dayOfMonth: []
    }
  }

  private var allowed: [String] {
    var allowed = ["*", "\(bounds.lowerBound)-\(bounds.upperBound)", "lists 1,2", "ranges 1-5", "steps */2"]
    if let first = names.first, let last = names.last { allowed.insert("\(first)-\(last)", at: 2) }
    return allowed
  }

  /// The numbers that a field names: items with commas between them.
  func values(in bytes: [UInt8], _ range: Range<Int>) throws(CronFault) -> Set<Int> {
    var values: Set<Int> = []
    var start = range.lowerBound
    while start <= range.upperBound {
      let end = bytes[start..<range.upperBound].firstIndex(of: UInt8(ascii: ",")) ?? range.upperBound
      values.formUnion(try item(in: bytes, start..<end, of: range))
      start = end + 1
    }
    return values
  }

  /// `*`, `5`, `1-5`, each with a step where it is a range: `*/15`, `8-18/2`.
  private func item(in bytes: [UInt8], _ range: Range<Int>, of field: Range<Int>) throws(CronFault) -> Set<Int> {
    let text = String(decoding: bytes[range], as: UTF8.self)
    let place = range.isEmpty ? field : range
    func fault(_ message: String) -> CronFault { CronFault(message: message, range: place, allowed: allowed) }
    let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let span = halves.first, !span.isEmpty else {
      throw fault("'\(text.prefix(40))' is no \(title) of a cron expression")
    }
    var step = 1
    if halves.count == 2 {
      guard let number = Self.number(halves[1]), number > 0 else {
        throw fault("'\(text.prefix(40))' has no step that is a number above 0")
      }
      step = number
    }
    let ends = span.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    let low: Int
    let high: Int
    if span == "*" {
      // Seven is Sunday again, which a step must not count twice.
      (low, high) = (bounds.lowerBound, self == .dayOfWeek ? 6 : bounds.upperBound)
    } else {
      guard ends.count <= 2, let first = ends.first.flatMap(value), let last = ends.last.flatMap(value) else {
        throw fault("'\(text.prefix(40))' is no \(title) of a cron expression")
      }
      guard halves.count == 1 || ends.count == 2 else {
        throw fault("'\(text.prefix(40))' has a step, and a step needs a range: \(first)-\(bounds.upperBound)/\(step)")
      }
      (low, high) = (first, last)
    }
    guard bounds.contains(low), bounds.contains(high) else {
      throw fault("'\(text.prefix(40))' is out of bounds: \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    guard low <= high else { throw fault("'\(text.prefix(40))' is empty: it ends before it begins") }
    return Set(stride(from: low, through: high, by: step))
  }

  private func value(_ text: String) -> Int? {
    if let number = Self.number(text) { return number }
    return names.firstIndex(of: text.lowercased()).map { $0 + bounds.lowerBound }
  }

  /// At most four digits, and nothing else.
  private static func number(_ text: String) -> Int? {
    guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text)
  }
}
