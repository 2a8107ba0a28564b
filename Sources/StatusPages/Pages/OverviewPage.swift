/// The first page: what holds now, and the last weeks of everything.
package struct OverviewPage: Sendable {
  private let content: PageContent
  private let nonce: String

  /// A page.
  ///
  /// - Parameter nonce: what the Content-Security-Policy of the answer allows its style by.
  package init(_ content: PageContent, nonce: String) {
    self.content = content
    self.nonce = nonce
  }

  /// The whole document, as UTF-8.
  package func rendered() -> [UInt8] { [] }
}
