/// The page of one month: what each check and service kept, and what happened.
package struct MonthPage: Sendable {
  private let content: MonthPageContent
  private let nonce: String

  /// A page.
  ///
  /// - Parameter nonce: what the Content-Security-Policy of the answer allows its style by.
  package init(_ content: MonthPageContent, nonce: String) {
    self.content = content
    self.nonce = nonce
  }

  /// The whole document, as UTF-8.
  package func rendered() -> [UInt8] { [] }
}
