/// A value that must not be seen: it prints as `•••` wherever it is written by accident.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let value: String

  /// A secret of this text.
  package init(_ value: String) {
    self.value = value
  }

  /// The text itself, for the one place that sends it. The name is long so that it stands out in a review.
  package var exposedValue: String { value }

  package var description: String { Redactor.mask }
  package var debugDescription: String { Redactor.mask }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
