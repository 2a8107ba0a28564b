/// What a value may look like: read by the schema writer, and by nobody else. Every `Form` carries the one that belongs to
/// what it reads, so that editor and loader agree.
package indirect enum SchemaForm: Sendable {
  case anything
  /// Text, or a scalar that is taken as text; the pattern is ECMA 262's.
  case text(pattern: String? = nil)
  case integer(ClosedRange<Int>)
  case number(ClosedRange<Double>)
  case boolean
  case choice([String])
  case list(SchemaForm, minimum: Int)
  case map(SchemaForm, keyPattern: String? = nil)
  case section(SectionTable)
  case anyOf([SchemaForm])
}

/// The keys that a map of fixed keys may have.
package struct SectionTable: Sendable {
  /// How the schema calls it.
  package let name: String
  /// How messages call it.
  package let title: String
  /// All keys, in the order in which they are shown.
  package let keys: [AnyKey]
  /// Keys of which at most one may be written.
  package let exclusive: [[String]]
  /// Keys of which exactly one must be written.
  package let oneOf: [String]
  /// The same, where whoever reads the section tells it in words of its own.
  package let choice: [String]
  /// Keys of the format that this version cannot read.
  package let notYet: [String]
  private let names: Set<String>

  /// - Parameter title: how messages call it, where the user writes no key of that name.
  package init(
    _ name: String, title: String? = nil, _ keys: [AnyKey], exclusive: [[String]] = [], oneOf: [String] = [],
    choice: [String] = [], notYet: [String] = []
  ) {
    self.name = name
    self.title = title ?? "'\(name)'"
    self.keys = keys
    self.exclusive = exclusive
    self.oneOf = oneOf
    self.choice = choice
    self.notYet = notYet
    names = Set(keys.map(\.name))
  }

  /// Whether a key of that name may be written.
  package func contains(_ name: String) -> Bool { names.contains(name) }
}

/// A key as the schema sees it.
package struct AnyKey: Sendable {
  /// As it is written.
  package let name: String
  /// What its value may look like.
  package let schema: SchemaForm
  /// Whether a section without it is faulty.
  package let isRequired: Bool
  /// One line for editors.
  package let summary: String

  /// A key with everything said.
  package init(name: String, schema: SchemaForm, isRequired: Bool, summary: String) {
    self.name = name
    self.schema = schema
    self.isRequired = isRequired
    self.summary = summary
  }
}

/// A key with the form of its value.
package struct Key<Value>: Sendable {
  /// As it is written.
  package let name: String
  /// How its value is read.
  package let form: Form<Value>
  /// Whether a section without it is faulty.
  package let isRequired: Bool
  /// One line for editors.
  package let summary: String

  /// A key with everything said.
  package init(_ name: String, _ form: Form<Value>, isRequired: Bool = false, _ summary: String) {
    self.name = name
    self.form = form
    self.isRequired = isRequired
    self.summary = summary
  }

  /// The key as the schema sees it.
  package var any: AnyKey { AnyKey(name: name, schema: form.schema, isRequired: isRequired, summary: summary) }
}
