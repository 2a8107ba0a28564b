package import Model

/// What a status page answers to a path that it does not have: where to go on.
package struct MissingPage: Sendable {
  private let definition: PageDefinition
  private let nonce: String

  /// A page.
  ///
  /// - Parameter nonce: what the Content-Security-Policy of the answer allows its style by.
  package init(_ definition: PageDefinition, nonce: String) {
    self.definition = definition
    self.nonce = nonce
  }

  /// The whole document, as UTF-8.
  package func rendered() -> [UInt8] { [] }
}
