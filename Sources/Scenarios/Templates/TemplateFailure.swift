package import Model

/// Why a step's templates gave nothing that could be sent: the run's reason is `template_failed`.
package struct TemplateFailure: Error, Hashable, Sendable {
  /// One line in words.
  package var message: String
  /// The template, or the value that it spoilt.
  package var excerpt: SourceExcerpt

  /// A failure at a place.
  package init(message: String, excerpt: SourceExcerpt) {
    self.message = message
    self.excerpt = excerpt
  }
}
