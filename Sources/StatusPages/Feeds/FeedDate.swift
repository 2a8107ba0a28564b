import Model

/// Moments in the forms that feeds want, in UTC.
enum FeedDate {
  private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// "Sat, 21 Nov 2026 10:42:00 GMT", as RSS asks for (RFC 822, with the year of RFC 1123).
  static func rfc822(_ moment: Timestamp) -> String {
    let text = moment.rfc3339(fractionDigits: 0)
    let date = LocalDate(daysSinceEpoch: Int(moment.millisecondsSinceEpoch.flooredQuotient(by: 86_400_000)))
    let month = months.indices.contains(date.month - 1) ? months[date.month - 1] : ""
    return
      "\(days[date.weekday.rawValue - 1]), \(text.dropFirst(8).prefix(2)) \(month) \(text.prefix(4)) \(text.dropFirst(11).prefix(8)) GMT"
  }

  /// "20261121T104200Z" (RFC 5545 section 3.3.5, form 2).
  static func calendar(_ moment: Timestamp) -> String {
    moment.rfc3339(fractionDigits: 0).filter { $0 != "-" && $0 != ":" }
  }
}
