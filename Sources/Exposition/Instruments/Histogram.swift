import Synchronization

/// Observations sorted into fixed buckets, from which Prometheus estimates quantiles over many instances.
package final class Histogram: Instrument {
  /// What tells this histogram from the others of its family.
  package let labels: Labels
  private let layout: BucketLayout
  private let state: Mutex<State>

  private struct State {
    /// Not cumulative: one observation touches one number. The last is for what exceeds every bound.
    var counts: [UInt64]
    var sum = 0.0
  }

  init(labels: Labels, layout: BucketLayout) {
    self.labels = labels
    self.layout = layout
    self.state = Mutex(State(counts: [UInt64](repeating: 0, count: layout.bounds.count + 1)))
  }

  /// Adds an observation; NaN is ignored, because it would spoil the sum for good.
  package func observe(_ value: Double) {
    guard !value.isNaN else { return }
    let bucket = layout.index(of: value)
    state.withLock { state in
      state.counts[bucket] += 1
      state.sum += value
    }
  }

  /// Adds a time span in seconds.
  package func observe(_ duration: Duration) {
    observe(duration.inSeconds)
  }

  /// How many observations there are.
  package var count: UInt64 { state.withLock { $0.counts.reduce(0, +) } }

  /// The sum of all observations.
  package var sum: Double { state.withLock { $0.sum } }

  /// Writes a sample for each bucket, cumulative, then `_sum` and `_count`.
  package func write(to writer: inout SampleWriter) {
    // One look under the lock, so that buckets, count and sum agree; the text is written outside of it.
    let state = state.withLock { $0 }
    var cumulative: UInt64 = 0
    for (bound, count) in zip(layout.rendered, state.counts) {
      cumulative += count
      writer.bucket(labels, upTo: bound, count: cumulative)
    }
    writer.sample(labels, suffix: "_sum", value: state.sum)
    writer.sample(labels, suffix: "_count", count: cumulative)
  }
}

/// The bounds that all histograms of a family share, with their `le` labels ready to print.
final class BucketLayout: Sendable {
  /// The `le` pair of one bucket: OpenMetrics wants `1.0` where 0.0.4 has `1`.
  struct Bound: Sendable {
    let prometheus: [UInt8]
    let openMetrics: [UInt8]

    init(_ value: Double) {
      var prometheus = [UInt8](#"le=""#.utf8)
      var openMetrics = prometheus
      GoFloat.append(value, to: &prometheus)
      GoFloat.appendOpenMetrics(value, to: &openMetrics)
      prometheus.append(UInt8(ascii: "\""))
      openMetrics.append(UInt8(ascii: "\""))
      self.prometheus = prometheus
      self.openMetrics = openMetrics
    }
  }

  /// Inclusive upper bounds, ascending, without the infinite one.
  let bounds: [Double]
  /// The `le` labels of all buckets, the infinite one last.
  let rendered: [Bound]

  /// - Throws: `RegistrationError` with `invalidBuckets`.
  init(_ bounds: [Double], of name: String) throws(RegistrationError) {
    let isAscending = zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }
    guard !bounds.isEmpty, bounds.allSatisfy(\.isFinite), isAscending else {
      throw RegistrationError(
        .invalidBuckets,
        "buckets \(bounds) of histogram \"\(name)\" are not usable: give at least one finite bound, in ascending order")
    }
    self.bounds = bounds
    self.rendered = (bounds + [.infinity]).map { Bound($0) }
  }

  /// The bucket of a value; a dozen bounds are sooner walked than searched.
  func index(of value: Double) -> Int {
    var index = 0
    while index < bounds.count, value > bounds[index] { index += 1 }
    return index
  }
}
