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
    let days = content.entries.reduce(0) { $0 + $1.days.count }
    let live = LivePage(parts)
    let frame = Frame(
      definition: content.definition, wording: parts.wording, nonce: nonce, title: parts.headline.text,
      state: parts.headline.state, liveVersion: live.version)
    return frame.document(expected: days * 60 + 65_536) { html in
      html.append(live.banner)
      html.append(live.news)
      html.append(live.incidents)
      html.append(live.maintenance)
      parts.writeSections(live.entries, to: &html)
      html.append(live.past)
    }
  }
}
