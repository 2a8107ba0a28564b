/// Why a store cannot be opened or used, in a sentence for its user.
package struct HistoryError: Error, CustomStringConvertible, Sendable {
  /// What went wrong, with the path or URL in quotes, and what to do.
  package var message: String

  /// A fault described by its sentence.
  package init(_ message: String) {
    self.message = message
  }

  package var description: String { message }
}
