/// The page of one check or service: a year of days, how fast it was, and what happened.
package struct CheckPage: Sendable {
  private let content: CheckPageContent
  private let nonce: String

  /// A page.
  ///
  /// - Parameter nonce: what the Content-Security-Policy of the answer allows its style by.
  package init(_ content: CheckPageContent, nonce: String) {
    self.content = content
    self.nonce = nonce
  }

  /// The whole document, as UTF-8.
  package func rendered() -> [UInt8] { [] }
}
