import Glibc
import Synchronization

/// The moment in the form of the `Date` field (RFC 9110 section 5.6.7), made once a second.
final class HTTPDate: Sendable {
  private struct State {
    var second = time_t.min
    var text = ""
  }

  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private let state = Mutex(State())

  /// `Sun, 06 Nov 1994 08:49:37 GMT`.
  var text: String {
    let second = time(nil)
    return state.withLock { state in
      if state.second != second { state = State(second: second, text: Self.text(of: second)) }
      return state.text
    }
  }

  private static func text(of second: time_t) -> String {
    var second = second
    var parts = tm()
    gmtime_r(&second, &parts)
    func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
    return "\(day) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
  }
}
