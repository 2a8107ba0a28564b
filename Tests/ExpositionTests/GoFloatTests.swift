import Exposition
import Testing

@Suite struct GoFloatTests {
  /// Values with what `strconv.FormatFloat(v, 'g', -1, 64)` answers for them.
  static let table: [(Double, String)] = [
    (0, "0"), (-0.0, "0"), (1, "1"), (-1, "-1"), (9, "9"), (10, "10"), (42, "42"), (100, "100"), (1000, "1000"),
    (99_999, "99999"), (100_000, "100000"), (123_456, "123456"), (999_999, "999999"), (-999_999, "-999999"),
    (1_000_000, "1e+06"), (-1_000_000, "-1e+06"), (1_000_001, "1.000001e+06"), (1_048_576, "1.048576e+06"),
    (1_234_567, "1.234567e+06"), (10_000_000, "1e+07"), (123_456_789, "1.23456789e+08"),
    (1_795_219_773, "1.795219773e+09"), (1_700_000_000, "1.7e+09"), (3_668_918_509, "3.668918509e+09"),
    (-62_135_596_800, "-6.21355968e+10"), (9_007_199_254_740_991, "9.007199254740991e+15"),
    (9_007_199_254_740_992, "9.007199254740992e+15"), (18_446_744_073_709_551_616, "1.8446744073709552e+19"),
    (1e15, "1e+15"), (1e16, "1e+16"), (1e21, "1e+21"), (1e22, "1e+22"), (1e99, "1e+99"), (1e100, "1e+100"),
    (1.5e300, "1.5e+300"), (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
    (.leastNormalMagnitude, "2.2250738585072014e-308"), (.leastNonzeroMagnitude, "5e-324"),
    (0.1, "0.1"), (0.2, "0.2"), (0.1 + 0.2, "0.30000000000000004"), (0.5, "0.5"), (0.25, "0.25"), (1.1, "1.1"),
    (2.5, "2.5"), (-2.5, "-2.5"), (0.005, "0.005"), (0.01, "0.01"), (0.001, "0.001"), (0.0001, "0.0001"),
    (0.00015, "0.00015"), (0.000123456789, "0.000123456789"), (0.00001, "1e-05"), (0.000025, "2.5e-05"),
    (0.0000999, "9.99e-05"), (1e-7, "1e-07"), (1.25e-10, "1.25e-10"), (-3e-9, "-3e-09"), (1e-100, "1e-100"),
    (0.995, "0.995"), (0.9999999999999999, "0.9999999999999999"), (1.0000000000000002, "1.0000000000000002"),
    (3.141592653589793, "3.141592653589793"), (2.718281828459045, "2.718281828459045"),
    (1.0 / 3.0, "0.3333333333333333"),
    (2.0 / 3.0, "0.6666666666666666"), (123.456, "123.456"), (99_999.5, "99999.5"), (123_456.789, "123456.789"),
    (999_999.5, "999999.5"), (1_000_000.5, "1.0000005e+06"), (1_795_219_773.25, "1.79521977325e+09"),
    (1_795_219_773.123456, "1.795219773123456e+09"), (4_503_599_627_370_495.5, "4.5035996273704955e+15"),
    (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (.signalingNaN, "NaN"), (-.nan, "NaN"),
  ]

  @Test("a number is written as Go writes its shortest form", arguments: table)
  func shortestForm(value: Double, text: String) {
    var bytes: [UInt8] = []
    GoFloat.append(value, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }

  @Test(
    "an OpenMetrics number always looks like a float",
    arguments: [
      (0, "0.0"), (-0.0, "0.0"), (1, "1.0"), (-1, "-1.0"), (100, "100.0"), (999_999, "999999.0"), (1_000_000, "1e+06"),
      (1_234_567, "1.234567e+06"), (0.005, "0.005"), (1e-5, "1e-05"), (2.5, "2.5"), (1e300, "1e+300"),
      (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    ] as [(Double, String)])
  func openMetricsForm(value: Double, text: String) {
    var bytes: [UInt8] = []
    GoFloat.appendOpenMetrics(value, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }

  @Test("any finite number reads back as itself, without a digit too many")
  func roundTrip() throws {
    var generator = SplitMix(state: 20_260_731)
    for _ in 0..<20_000 {
      let value = Double(bitPattern: generator.next())
      guard value.isFinite else { continue }
      var bytes: [UInt8] = []
      GoFloat.append(value, to: &bytes)
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(Double(text) == value, "\(text) is not \(value)")
      let digits = text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" }
      #expect(digits.count <= 17 && digits.last != "0", "\(text) has needless digits")
    }
  }

  /// A fixed sequence of 64-bit patterns (Steele, Lea, Flood: SplitMix64), so that a failure can be repeated.
  struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }
  }
}
