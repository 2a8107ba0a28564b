import Model

/// One `Set-Cookie` field as a user agent reads it (RFC 6265 section 5.2).
struct SetCookie {
  var name: String
  var value: String
  var path = ""
  var domain = ""
  var isSecure = false
  var isHTTPOnly = false
  var sameSite = ""
  var expires: Timestamp?

  /// Nil for a field without a name.
  ///
  /// - Parameter moment: when it came, from which `Max-Age` counts; it wins over `Expires`.
  init?(_ field: String, receivedAt moment: Timestamp) {
    var parts = field.split(separator: ";", omittingEmptySubsequences: false)[...]
    guard let pair = parts.popFirst(), let equals = pair.firstIndex(of: "=") else { return nil }
    name = pair[..<equals].trimmed
    value = pair[pair.index(after: equals)...].trimmed
    guard !name.isEmpty else { return nil }
    var maxAge: Duration?
    for part in parts {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let attribute = halves[0].trimmed.lowercased()
      let text = halves.count > 1 ? halves[1].trimmed : ""
      switch attribute {
      case "path": path = text
      case "domain": domain = (text.hasPrefix(".") ? String(text.dropFirst()) : text).lowercased()
      case "secure": isSecure = true
      case "httponly": isHTTPOnly = true
      case "samesite": sameSite = text
      case "expires": expires = Timestamp(cookieDate: text)
      case "max-age": maxAge = Self.seconds(text) ?? maxAge
      default: break
      }
    }
    if let maxAge { expires = moment + maxAge }
  }

  /// At most a hundred years, which is longer than a user agent keeps anything; nil for anything but a whole number.
  private static func seconds(_ text: String) -> Duration? {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return .seconds(min(max(Int64(text) ?? .max, 0), 3_155_760_000))
  }
}

extension Timestamp {
  /// A date as RFC 6265 section 5.1.1 reads it: in any order, a time, a day of the month, a month's name and a year.
  fileprivate init?(cookieDate text: String) {
    var time: (Int64, Int64, Int64)?
    var day: Int64?
    var month: Int64?
    var year: Int64?
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    for token in text.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == ":") }) {
      let clock = token.split(separator: ":").map { Int64($0) }
      if time == nil, clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2] {
        time = (hour, minute, second)
      } else if day == nil, token.count <= 2, let number = Int64(token) {
        day = number
      } else if month == nil, let index = months.firstIndex(of: String(token.prefix(3)).lowercased()) {
        month = Int64(index + 1)
      } else if year == nil, (2...4).contains(token.count), let number = Int64(token) {
        year = number < 70 ? number + 2000 : number < 100 ? number + 1900 : number
      }
    }
    guard let (hour, minute, second) = time, let day, let month, let year else { return nil }
    func padded(_ number: Int64, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    self.init(rfc3339: "\(date)T\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))Z")
  }
}

extension Substring {
  /// Without blanks and tabs at both ends.
  fileprivate var trimmed: String {
    var rest = self
    while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return String(rest)
  }
}
