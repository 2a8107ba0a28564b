/// The words of a page in one language.
package struct Language: Sendable {
  /// `en`, `de`: what `pages: language:` may be.
  package static let codes = ["en", "de"]
}
