/// A page as feeds, for readers that ask again and again.
package struct Feeds: Sendable {
  private let content: PageContent
  private let origin: String

  /// The feeds of a page.
  ///
  /// - Parameters:
  ///   - content: its incidents make the entries of `atom` and `rss`, its maintenance the events of `calendar`.
  ///   - origin: scheme, host and port that the reader knows the page by, without a slash at the end.
  package init(_ content: PageContent, origin: String) {
    self.content = content
    self.origin = origin
  }

  /// Incidents (RFC 4287); `application/atom+xml; charset=utf-8`.
  package func atom() -> [UInt8] { [] }

  /// Incidents (RSS 2.0); `application/rss+xml; charset=utf-8`.
  package func rss() -> [UInt8] { [] }

  /// Planned work (RFC 5545); `text/calendar; charset=utf-8`.
  package func calendar() -> [UInt8] { [] }
}
