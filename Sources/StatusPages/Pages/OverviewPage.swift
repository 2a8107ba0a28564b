import Model

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
  package func rendered() -> [UInt8] {
    let parts = OverviewParts(content)
    let frame = Frame(
      definition: content.definition, wording: parts.wording, nonce: nonce, title: parts.headline.text,
      state: parts.headline.state, liveVersion: LivePage(parts).version)
    return frame.document { html in
      parts.writeBanner(to: &html)
      parts.writeNews(to: &html)
      parts.writeOpenIncidents(to: &html)
      parts.writeMaintenance(to: &html)
      parts.writeSections(to: &html)
      parts.writePast(to: &html)
    }
  }
}
