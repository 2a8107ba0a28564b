/// What a value may look like: read by the schema writer, and by nobody else. Every `Form` carries the one that belongs to
/// what it reads, so that editor and loader agree.
indirect enum SchemaForm: Sendable {
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
struct SectionTable: Sendable {
  /// How the schema calls it.
  let name: String
  /// How messages call it.
  let title: String
  let keys: [AnyKey]
  /// Keys of which at most one may be written.
  let exclusive: [[String]]
  /// Keys of which exactly one must be written.
  let oneOf: [String]
  /// The same, where whoever reads the section tells it in words of its own.
  let choice: [String]
  /// Keys of the format that this version cannot read.
  let notYet: [String]
  private let names: Set<String>

  /// - Parameter title: how messages call it, where the user writes no key of that name.
  init(
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
  func contains(_ name: String) -> Bool { names.contains(name) }
}

/// A key as the schema sees it.
struct AnyKey: Sendable {
  let name: String
  let schema: SchemaForm
  let isRequired: Bool
  /// One line for editors.
  let summary: String
}

/// A key with the form of its value.
struct Key<Value>: Sendable {
  let name: String
  let form: Form<Value>
  let isRequired: Bool
  let summary: String

  init(_ name: String, _ form: Form<Value>, isRequired: Bool = false, _ summary: String) {
    self.name = name
    self.form = form
    self.isRequired = isRequired
    self.summary = summary
  }

  /// The key as the schema sees it.
  var any: AnyKey { AnyKey(name: name, schema: form.schema, isRequired: isRequired, summary: summary) }
}
