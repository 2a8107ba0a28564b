// The only use of Foundation here: reading the IANA time zone database.
import Foundation

/// Time zones by IANA name or fixed offset.
enum TimeZones {
  /// Seconds ahead of UTC at that moment; nil for an unknown zone. Offsets are written `+11:00`, `02:00`, `-09:30`.
  static func offsetSeconds(of zone: String, at moment: TimestampValue) -> Int64? {
    if zone == "UTC" || zone == "GMT" || zone == "Z" { return 0 }
    if let offset = fixedOffset(zone) { return offset }
    guard zone.utf8.count <= 64, let found = TimeZone(identifier: zone) else { return nil }
    return Int64(found.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment.seconds))))
  }

  private static func fixedOffset(_ text: String) -> Int64? {
    var bytes = Array(text.utf8)[...]
    var sign: Int64 = 1
    if bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") {
      sign = bytes.removeFirst() == UInt8(ascii: "-") ? -1 : 1
    }
    let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) && $0.allSatisfy(\.isDigit) }) else {
      return nil
    }
    let numbers = parts.compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
    guard numbers.count == 2, numbers[0] <= 23, numbers[1] <= 59 else { return nil }
    return sign * (numbers[0] * 3600 + numbers[1] * 60)
  }
}
