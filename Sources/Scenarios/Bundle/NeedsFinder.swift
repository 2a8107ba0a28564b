import Documents
import Expressions
import Model

/// What the checks of a scenario can read from outside of the files.
package struct ScenarioNeeds: Sendable {
  /// By check.
  var checks: [CheckID: CheckNeeds] = [:]
  /// Those that name modules, whose file holds secrets.
  var ofModules: Set<CheckID> = []
  /// What is said of no check: planned work.
  var common = CheckNeeds()
  /// The secrets that were read, by the file that declares them.
  var values: [SecretName: Secret] = [:]
}

/// The names that one file sees, its own and those of what it includes, each with what is written for it.
final class NameScope {
  /// Variables that hold, those of the command line too.
  let variables: [String: YAMLNode]
  /// The file that declares each secret.
  let secrets: [String: String]
  /// What is written for a fragment, with what its own file sees; nil in the place of that means this one.
  let fragments: [String: (node: YAMLNode, scope: NameScope?)]

  init(
    variables: [String: YAMLNode] = [:], secrets: [String: String] = [:],
    fragments: [String: (node: YAMLNode, scope: NameScope?)] = [:]
  ) {
    self.variables = variables
    self.secrets = secrets
    self.fragments = fragments
  }
}

/// Finds what the text of nodes can read, by its words alone: every word that is the name of a variable or fragment leads to
/// what is written for that. Too much is found where a word means something else, too little never: what is not written cannot
/// be read.
struct NeedsFinder {
  /// Files that are a secret as a whole, such as private keys.
  private let keyFiles: Set<String>
  private(set) var found = CheckNeeds()
  /// Whether a probe names a module.
  private(set) var namesModule = false
  private var visited: Set<Visit> = []
  /// What names led to and is still to be walked: a chain of names may be longer than a stack.
  private var pending: [(node: YAMLNode, scope: NameScope)] = []

  private struct Visit: Hashable {
    var scope: ObjectIdentifier
    var node: ObjectIdentifier
  }

  init(keyFiles: Set<String>) {
    self.keyFiles = keyFiles
  }

  /// Adds what a node can read.
  mutating func add(_ node: YAMLNode, in scope: NameScope) {
    pending.append((node, scope))
    while let (node, scope) = pending.popLast() { walk(node, in: scope) }
  }

  /// An alias is walked once, however often it stands there.
  private mutating func walk(_ node: YAMLNode, in scope: NameScope) {
    guard visited.insert(Visit(scope: ObjectIdentifier(scope), node: ObjectIdentifier(node))).inserted else { return }
    switch node.content {
    case .sequence(let items): for item in items { walk(item, in: scope) }
    case .mapping(let entries):
      for entry in entries {
        walk(entry.key, in: scope)
        walk(entry.value, in: scope)
        switch entry.name {
        case ProbeKind.module.rawValue: namesModule = true
        case TLSKeys.cert.name, TLSKeys.key.name: if entry.value.text?.holdsTemplateMark == true { addFolder(of: node) }
        default: break
        }
      }
    case .scalar(let text, _), .value(.string(let text)):
      addFile(Path.join(node.source.folder, text))
      add(text, in: scope)
    case .value, .pending: break
    }
  }

  private mutating func addFile(_ path: String) {
    if keyFiles.contains(path) { found.secrets.insert(SecretName(file: path, name: SecretName.wholeFile)) }
  }

  /// Which file it is may only be known in the run: then it may be any of the folder.
  private mutating func addFolder(of node: YAMLNode) {
    let folder = node.source.folder
    for path in keyFiles where folder == "." ? !path.hasPrefix("/") : path.hasPrefix(folder + "/") { addFile(path) }
  }

  private mutating func add(_ text: String, in scope: NameScope) {
    var words = WordReader(text)
    while let word = words.next() {
      switch word {
      case "secrets":
        if let name = words.member() {
          if let file = scope.secrets[name] { found.secrets.insert(SecretName(file: file, name: name)) }
        } else {
          for (name, file) in scope.secrets { found.secrets.insert(SecretName(file: file, name: name)) }
        }
      case "env":
        if let name = words.member() { found.environment.insert(name) }
      case "vars":
        if let name = words.member() {
          follow(name, in: scope)
        } else {
          for name in scope.variables.keys { follow(name, in: scope) }
        }
      default: follow(word, in: scope)
      }
    }
    // The name of a fragment may have spaces in it.
    if let fragment = scope.fragments[text] { pending.append((fragment.node, fragment.scope ?? scope)) }
  }

  private mutating func follow(_ name: String, in scope: NameScope) {
    if let node = scope.variables[name] { pending.append((node, scope)) }
  }
}

/// The words of an expression or of a text with templates.
struct WordReader {
  private var rest: Substring.UTF8View
  private let length: Int

  init(_ text: String) {
    rest = text[...].utf8
    length = rest.count
  }

  /// How many bytes were read.
  var offset: Int { length - rest.count }

  /// The next word: letters, digits and `_`, no digit first.
  mutating func next() -> String? {
    while let byte = rest.first, !Self.isWord(byte) { rest.removeFirst() }
    guard !rest.isEmpty else { return nil }
    let word = rest.prefix(while: Self.isWord)
    rest = rest.dropFirst(word.count)
    return String(decoding: word, as: UTF8.self)
  }

  /// The member that is asked of the word before, as `.name`, `.?name` or `["name"]`; nil for one that is computed, and where
  /// something is asked of all of them.
  mutating func member() -> String? {
    var ahead = self
    ahead.skipSpace()
    switch ahead.rest.popFirst() {
    case UInt8(ascii: "."):
      ahead.skipSpace()
      if ahead.rest.first == UInt8(ascii: "?") {
        ahead.rest.removeFirst()
        ahead.skipSpace()
      }
      let name = ahead.rest.prefix(while: Self.isWord)
      guard !name.isEmpty else { return nil }
      ahead.rest = ahead.rest.dropFirst(name.count)
      var after = ahead
      after.skipSpace()
      // `secrets.exists(…)` is a call.
      guard after.rest.first != UInt8(ascii: "(") else { return nil }
      self = ahead
      return String(decoding: name, as: UTF8.self)
    case UInt8(ascii: "["):
      ahead.skipSpace()
      guard let quote = ahead.rest.popFirst(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
        return nil
      }
      let name = ahead.rest.prefix { $0 != quote }
      // What is escaped may be any other name.
      guard !name.isEmpty, !name.contains(UInt8(ascii: "\\")) else { return nil }
      ahead.rest = ahead.rest.dropFirst(name.count + 1)
      ahead.skipSpace()
      guard ahead.rest.popFirst() == UInt8(ascii: "]") else { return nil }
      self = ahead
      return String(decoding: name, as: UTF8.self)
    default: return nil
    }
  }

  private mutating func skipSpace() {
    while let byte = rest.first, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { rest.removeFirst() }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, UInt8(ascii: "_"): true
    default: false
    }
  }
}
