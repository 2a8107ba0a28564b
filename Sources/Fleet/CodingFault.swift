/// Bytes that are not what they should be: where, and what was expected there.
package struct CodingFault: Error, Hashable, Sendable, CustomStringConvertible {
  package var description: String

  /// A fault in words.
  package init(_ description: String) {
    self.description = description
  }
}
