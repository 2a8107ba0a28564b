/// One request of a file of Hurl, with what is expected of its answer. Templates are expressions as Hurl writes them.
struct HurlEntry: Sendable {
  var offset: Int
  var method: String
  var url: TemplateText
  var headers: [HurlField] = []
  var sections: [HurlSection] = []
  var body: HurlBody?
  var response: HurlResponse?
}

/// What is expected of an answer.
struct HurlResponse: Sendable {
  var offset: Int
  /// `1.1` of `HTTP/1.1`; nil of `HTTP`.
  var version: String?
  /// Nil of `*`.
  var status: Int?
  var headers: [HurlField] = []
  var sections: [HurlSection] = []
  var body: HurlBody?
}

/// `name: value`.
struct HurlField: Sendable {
  var name: TemplateText
  var value: TemplateText
  var offset: Int
}

/// A part that begins with its name in brackets.
struct HurlSection: Sendable {
  var name: String
  var offset: Int
  /// Of all sections but captures and asserts.
  var fields: [HurlField] = []
  /// Of captures and asserts.
  var lines: [HurlLine] = []
}

/// A capture or an assert, in words.
struct HurlLine: Sendable {
  /// The variable of a capture.
  var name: String?
  var tokens: [HurlToken]
  var offset: Int
  /// As it is written, for notes.
  var text: String
}

/// A word of a capture or an assert.
struct HurlToken: Sendable {
  enum Content: Sendable {
    case word(String)
    case quoted(TemplateText)
    case regex(String)
    case template(String)
    case bytes([UInt8])
    case file(TemplateText)
  }

  var content: Content
  var offset: Int
}

/// A body that is sent, or expected.
struct HurlBody: Sendable {
  enum Content: Sendable {
    /// With the text that it was read from.
    case json(JSONValue, TemplateText)
    /// With the language that stands at the fence.
    case text(TemplateText, language: String)
    case bytes([UInt8])
    case file(TemplateText)
  }

  var content: Content
  var offset: Int
}
