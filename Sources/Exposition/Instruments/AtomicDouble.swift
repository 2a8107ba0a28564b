import Synchronization

/// A floating-point cell that many threads may set and add to.
///
/// Relaxed ordering throughout: a metric tells nothing about other memory.
struct AtomicDouble: ~Copyable, Sendable {
  /// A signalling NaN that arithmetic never yields: Prometheus' own mark for "no value here any more".
  private static let absentBits: UInt64 = 0x7ff0_0000_0000_0002

  private let bits: Atomic<UInt64>

  /// - Parameter value: nil for no value yet.
  init(_ value: Double?) {
    bits = Atomic(Self.bits(of: value))
  }

  /// The present value, or nil when there is none.
  var value: Double? {
    let bits = bits.load(ordering: .relaxed)
    return bits == Self.absentBits ? nil : Double(bitPattern: bits)
  }

  func store(_ value: Double?) {
    bits.store(Self.bits(of: value), ordering: .relaxed)
  }

  /// Adds; no value counts as zero.
  func add(_ amount: Double) {
    var old = bits.load(ordering: .relaxed)
    while true {
      let sum = (old == Self.absentBits ? 0 : Double(bitPattern: old)) + amount
      let (exchanged, current) = bits.weakCompareExchange(
        expected: old, desired: Self.bits(of: sum), ordering: .relaxed)
      if exchanged { return }
      old = current
    }
  }

  private static func bits(of value: Double?) -> UInt64 {
    guard let value else { return absentBits }
    return value.isNaN ? Double.nan.bitPattern : value.bitPattern
  }
}
