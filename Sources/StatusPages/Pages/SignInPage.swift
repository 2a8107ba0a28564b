package import Model

/// What a private page shows to whoever has not said who they are: one field and nothing of what the page knows.
package struct SignInPage: Sendable {
  /// How it came to be shown.
  package enum Occasion: Hashable, Sendable, CaseIterable {
    case first
    /// What was given is wrong.
    case refused
    /// Too many were wrong; wait.
    case limited
  }

  private let definition: PageDefinition
  private let occasion: Occasion
  private let nonce: String

  /// A page. Its form is sent to `PageLinks.signIn` with POST as `application/x-www-form-urlencoded`, with the field `password`
  /// (`token` where the page wants a token).
  ///
  /// - Parameter nonce: what the Content-Security-Policy of the answer allows its style by.
  package init(_ definition: PageDefinition, occasion: Occasion = .first, nonce: String) {
    self.definition = definition
    self.occasion = occasion
    self.nonce = nonce
  }

  /// The whole document, as UTF-8.
  package func rendered() -> [UInt8] { [] }
}
