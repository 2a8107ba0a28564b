/// Why a metric or a label was refused.
///
/// Every metric of the program is registered while it starts, so this is met either by the developer who mistyped a
/// name or by the user whose label in a scenario file is no label name for Prometheus.
package struct RegistrationError: Error, Hashable, CustomStringConvertible {
  /// The kind of fault, for callers that treat a bad label of a user differently from a slip of ours.
  package enum Code: Hashable, Sendable {
    /// The metric name breaks the grammar of the formats.
    case invalidMetricName
    /// The name does not fit the type: a counter without `_total`, or another type with it.
    case wrongSuffix
    /// The name, or a name that the formats derive from it, belongs to a metric that is already registered.
    case nameTaken
    /// The unit is not the last word of the name, as OpenMetrics demands.
    case unitNotInName
    /// The label name breaks the grammar or is reserved.
    case invalidLabelName
    /// The same label is given twice.
    case duplicateLabel
    /// Bucket bounds are absent, not finite, or not strictly ascending.
    case invalidBuckets
    /// The states of a state set are absent or name one state twice.
    case invalidStates
  }

  /// The kind of fault.
  package let code: Code
  /// What is wrong with which value, what is allowed, and what to do; one sentence without a final stop.
  package let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message, as it is shown to people.
  package var description: String { message }
}
