package import ServiceLevels

/// A small picture for a README: what it is about, and how it stands.
package struct Badge: Hashable, Sendable {
  /// What stands on the left.
  package var label: String
  /// What stands on the right.
  package var message: String

  /// The media type of `svg`.
  package static let mediaType = "image/svg+xml; charset=utf-8"

  /// What holds now.
  ///
  /// - Parameter label: the name of the check, or what the reader asked for.
  package static func status(label: String, state: PageState, language: String = "en") -> Badge {
    Badge(label: label, message: state.rawValue)
  }

  /// What was kept; green while the promise is, and red where its budget is used up twice.
  package static func uptime(
    label: String, availability: Ratio?, objective: Double, language: String = "en"
  ) -> Badge {
    Badge(label: label, message: availability.percentage)
  }

  /// How fast good runs were: their 95th percentile.
  ///
  /// - Parameter limit: what is promised, if anything is.
  package static func latency(label: String, p95: Duration?, limit: Duration? = nil, language: String = "en") -> Badge {
    Badge(label: label, message: "\(p95 ?? .zero)")
  }

  /// What a badge of a check says that there is none of, or that must not be seen.
  package static func missing(label: String, language: String = "en") -> Badge { Badge(label: label, message: "?") }

  /// The picture.
  package func svg() -> [UInt8] { [] }

  /// The answer of an endpoint of shields.io (its schema version 1).
  package func shields() -> [UInt8] { [] }
}
