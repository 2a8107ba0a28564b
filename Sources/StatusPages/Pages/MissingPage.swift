package import Model

/// What a status page answers to a path that it does not have: where to go on.
package struct MissingPage: Sendable {
  private let definition: PageDefinition
  private let nonce: String

  /// A page.
  ///
  /// - Parameter nonce: what the Content-Security-Policy of the answer allows its style by.
  package init(_ definition: PageDefinition, nonce: String) {
    self.definition = definition
    self.nonce = nonce
  }

  /// The whole document, as UTF-8.
  package func rendered() -> [UInt8] {
    // The moment is shown nowhere.
    let wording = Wording(definition, now: Timestamp(secondsSinceEpoch: 0))
    let language = wording.language
    var frame = Frame(
      definition: definition, wording: wording, nonce: nonce, title: language(.missingTitle), state: .waiting)
    frame.isOpen = false
    return frame.document { html in
      html.markup("<div class=\"card gate\"><h1>")
      html.text(language(.missingTitle))
      html.markup("</h1>\n<p class=\"more\">")
      html.text(language(.missingText))
      html.markup("</p>\n<p class=\"more\"><a class=\"link\"")
      html.attribute("href", PageLinks(definition).overview)
      html.markup(">")
      html.text(language(.missingBack))
      html.markup("</a></p></div>\n")
    }
  }
}
