package import Model

/// Stretches of time as sets of moments.
package enum TimeSpans {
  /// The same moments in stretches that do not touch, in order of time.
  package static func merged(_ spans: some Sequence<Range<Timestamp>>) -> [Range<Timestamp>] {
    var merged: [Range<Timestamp>] = []
    for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) where !span.isEmpty {
      if let last = merged.last, span.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, span.upperBound)
      } else {
        merged.append(span)
      }
    }
    return merged
  }

  /// What of the moments of `span` lies outside of `others`, which are merged.
  package static func outside(_ others: [Range<Timestamp>], of span: Range<Timestamp>) -> [Range<Timestamp>] {
    var rest: [Range<Timestamp>] = []
    var begin = span.lowerBound
    for other in others where other.upperBound > begin && other.lowerBound < span.upperBound {
      if other.lowerBound > begin { rest.append(begin..<other.lowerBound) }
      begin = other.upperBound
    }
    if begin < span.upperBound { rest.append(begin..<span.upperBound) }
    return rest
  }

  /// What of them lies in [from, to).
  package static func clipped(
    _ spans: [Range<Timestamp>], from: Timestamp, to: Timestamp
  ) -> [Range<Timestamp>] {
    spans.compactMap { span in
      let (begin, end) = (max(span.lowerBound, from), min(span.upperBound, to))
      return begin < end ? begin..<end : nil
    }
  }
}
