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
  package func rendered() -> [UInt8] {
    // The moment is shown nowhere.
    let wording = Wording(definition, now: Timestamp(secondsSinceEpoch: 0))
    let language = wording.language
    let field = definition.access == .token ? "token" : "password"
    var frame = Frame(
      definition: definition, wording: wording, nonce: nonce, title: language(.signinTitle), state: .waiting)
    frame.isOpen = false
    return frame.document { html in
      html.markup("<div class=\"card gate\"><h1>")
      html.text(language(.signinTitle))
      html.markup("</h1>\n<form method=\"post\"")
      html.attribute("action", PageLinks(definition).signIn)
      html.markup(">\n")
      if occasion != .first {
        html.markup("<p class=\"wrong\" id=\"wrong\" role=\"alert\">")
        html.text(language(occasion == .refused ? .signinRefused : .signinLimited))
        html.markup("</p>\n")
      }
      html.markup("<label for=\"secret\">")
      html.text(language(field == "token" ? .signinToken : .signinPassword))
      html.markup(
        "</label>\n<input id=\"secret\" type=\"password\" autocomplete=\"current-password\" required autofocus")
      html.attribute("name", field)
      if occasion != .first { html.markup(" aria-describedby=\"wrong\" aria-invalid=\"true\"") }
      html.markup(">\n<button>")
      html.text(language(.signinSubmit))
      html.markup("</button>\n</form></div>\n")
    }
  }
}
