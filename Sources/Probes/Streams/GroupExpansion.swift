import Expressions
import Model

/// What patterns of a dialogue have matched, for `${1}` and `${name}` in the lines sent after them: the rules of Go's
/// `Regexp.Expand`, which blackbox_exporter uses.
struct GroupExpansion {
  /// The named groups of all matches so far.
  private(set) var named: [String: String] = [:]
  /// The groups of the last match, the whole match first; nil before there was one.
  private var numbered: [String]?

  /// Takes in a match.
  mutating func add(_ match: RegularExpression.Match, of pattern: RegularExpression, in line: String) {
    let bytes = Array(line.utf8)
    let groups = match.groups.map { $0.map { String(decoding: bytes[$0], as: UTF8.self) } ?? "" }
    numbered = groups
    for (name, index) in pattern.groupNames where index < groups.count { named[name] = groups[index] }
  }

  /// The text with its references replaced; as it is before anything has matched. A group that is not known is empty.
  func expand(_ text: String) -> String {
    guard let numbered else { return text }
    return GroupReferences.expand(text) { name in
      guard name.utf8.allSatisfy({ (48...57).contains($0) }) else { return named[name] ?? "" }
      guard let index = Int(name), index < numbered.count else { return "" }
      return numbered[index]
    }
  }
}

extension SocketFacts {
  /// Takes in a line that a pattern of a dialogue has matched.
  ///
  /// - Parameter labels: those of the pattern's step, with references to its groups.
  mutating func note(_ line: String, _ groups: GroupExpansion, labels: [HeaderField]) {
    messages.append(line)
    matches.merge(groups.named) { _, new in new }
    if !labels.isEmpty { self.labels.append(labels.map { HeaderField($0.name, groups.expand($0.value)) }) }
  }

  /// Keeps what came, up to a bound for all of it.
  mutating func keep(_ bytes: [UInt8], atMost limit: Int) {
    let room = limit - received.count
    if room > 0 { received += bytes.prefix(room) }
  }
}
