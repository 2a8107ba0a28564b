/// Numbers written as Go's `strconv.FormatFloat(v, 'g', -1, 64)` writes them.
///
/// Prometheus accepts any spelling, but people compare our output with the exporters that they replace, and dashboards
/// and tests of theirs look for `1.795219773e+09`. The digits are the shortest that read back as the same number; the
/// exponent form begins below 1e-04 and from 1e+06, the threshold that Go sets for the shortest form (strconv/ftoa.go).
package enum GoFloat {
  /// Integers of this magnitude and more may have neighbours that are not one apart, so their shortest digits are not
  /// simply those of the integer.
  private static let exactIntegerLimit = 9_007_199_254_740_992.0

  /// Writes a value as client_golang does in text format 0.0.4: `0`, `1e+06`, `NaN`, `+Inf`; minus zero is `0`.
  package static func append(_ value: Double, to bytes: inout [UInt8]) {
    guard value.isFinite else {
      bytes.append(contentsOf: value.isNaN ? "NaN".utf8 : value < 0 ? "-Inf".utf8 : "+Inf".utf8)
      return
    }
    let magnitude = value.magnitude
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    if magnitude < exactIntegerLimit, magnitude == magnitude.rounded(.towardZero) {
      let integer = UInt64(magnitude)
      if integer < 1_000_000 {
        append(integer, to: &bytes)
      } else {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
          let count = fill(digits, with: integer)
          appendDigits(UnsafeBufferPointer(rebasing: digits[..<count]), pointAt: count, to: &bytes)
        }
      }
      return
    }
    appendShortest(magnitude, to: &bytes)
  }

  /// Writes a value as OpenMetrics' canonical numbers ask: as `append(_:to:)`, but always recognisable as a float
  /// (`1.0`, `0.0`, `1e+06`).
  package static func appendOpenMetrics(_ value: Double, to bytes: inout [UInt8]) {
    append(value, to: &bytes)
    // Every other finite number has been written with a point or an exponent.
    guard value.magnitude < 1_000_000, value == value.rounded(.towardZero) else { return }
    bytes.append(UInt8(ascii: "."))
    bytes.append(UInt8(ascii: "0"))
  }

  /// Writes a count in plain decimal digits.
  static func append(_ integer: UInt64, to bytes: inout [UInt8]) {
    if integer < 10 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: integer))
      return
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      let count = fill(digits, with: integer)
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[..<count]))
    }
  }

  /// Puts the decimal digits of an integer at the front of a buffer of at least 20 bytes and returns how many there are.
  private static func fill(_ digits: UnsafeMutableBufferPointer<UInt8>, with integer: UInt64) -> Int {
    var count = 1
    var power: UInt64 = 10
    while count < 20, integer >= power {
      count += 1
      let (next, overflow) = power.multipliedReportingOverflow(by: 10)
      if overflow { break }
      power = next
    }
    var rest = integer
    for index in (0..<count).reversed() {
      digits[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    return count
  }

  /// Takes the shortest digits from the standard library's description (the same digits in another layout).
  private static func appendShortest(_ magnitude: Double, to bytes: inout [UInt8]) {
    var description = magnitude.description
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
      var count = 0
      var point: Int?
      var exponent = 0
      var exponentIsNegative = false
      var isInExponent = false
      description.withUTF8 { text in
        for byte in text {
          switch byte {
          case UInt8(ascii: "."): point = count
          case UInt8(ascii: "e"): isInExponent = true
          case UInt8(ascii: "-"): exponentIsNegative = true
          case UInt8(ascii: "+"): break
          case let digit where isInExponent: exponent = exponent * 10 + Int(digit - UInt8(ascii: "0"))
          case let digit:
            // At most 17 significant digits and 5 leading zeros: the library changes to exponents below 1e-04.
            digits[count] = digit
            count += 1
          }
        }
      }
      var leadingZeros = 0
      while leadingZeros < count - 1, digits[leadingZeros] == UInt8(ascii: "0") { leadingZeros += 1 }
      let pointAt = (point ?? count) - leadingZeros + (exponentIsNegative ? -exponent : exponent)
      appendDigits(UnsafeBufferPointer(rebasing: digits[leadingZeros..<count]), pointAt: pointAt, to: &bytes)
    }
  }

  /// Lays out significant digits (the first not zero) whose decimal point stands after `pointAt` of them.
  private static func appendDigits(_ digits: UnsafeBufferPointer<UInt8>, pointAt: Int, to bytes: inout [UInt8]) {
    let zero = UInt8(ascii: "0")
    var count = digits.count
    while count > 1, digits[count - 1] == zero { count -= 1 }
    let exponent = pointAt - 1
    if exponent < -4 || exponent >= 6 {
      bytes.append(digits[0])
      if count > 1 {
        bytes.append(UInt8(ascii: "."))
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[1..<count]))
      }
      bytes.append(UInt8(ascii: "e"))
      bytes.append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
      if exponent.magnitude < 10 { bytes.append(zero) }
      append(UInt64(exponent.magnitude), to: &bytes)
    } else if pointAt <= 0 {
      bytes.append(zero)
      bytes.append(UInt8(ascii: "."))
      for _ in pointAt..<0 { bytes.append(zero) }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[..<count]))
    } else {
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[..<min(count, pointAt)]))
      if count > pointAt {
        bytes.append(UInt8(ascii: "."))
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[pointAt..<count]))
      } else {
        for _ in count..<pointAt { bytes.append(zero) }
      }
    }
  }
}
