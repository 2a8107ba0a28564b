import Model

/// Names for checks and steps, each given once.
struct Names: Sendable {
  private var given: Set<String> = []

  /// The id of a check: `[a-z0-9][a-z0-9-]{0,62}`.
  mutating func checkID(_ text: String) -> String {
    unique(CheckNames.base(of: text), joined: "-")
  }

  /// The name of a step: what is done, and to what. Parts of a path that name one thing among many, such as numbers and
  /// UUIDs, are left out, so that a step keeps its name when the recording is made anew.
  mutating func step(method: String, path: String) -> String {
    let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
      .filter { !Self.isIdentity($0) }.suffix(3)
    let words = Self.words(of: parts.joined(separator: "_"), joined: "_", longest: 40, otherwise: "")
    let verb = Self.words(of: method, joined: "_", longest: 12, otherwise: "get")
    return unique(words.isEmpty ? verb : "\(verb)_\(words)", joined: "_")
  }

  /// A name that is free: the one wanted, or with a number after it.
  mutating func unique(_ wanted: String, joined separator: String) -> String {
    var name = wanted
    var number = 2
    while !given.insert(name).inserted {
      name = "\(wanted)\(separator)\(number)"
      number += 1
    }
    return name
  }

  private static func isIdentity(_ part: String) -> Bool {
    let digits = part.utf8.count { $0.isDigit }
    return part.utf8.count > 24 || digits == part.utf8.count || (part.utf8.count > 7 && digits * 3 >= part.utf8.count)
  }

  private static func words(of text: String, joined separator: Character, longest: Int, otherwise: String) -> String {
    var result = ""
    for byte in text.utf8 {
      if byte.isDigit || byte.isLetter {
        result.append(Character(UnicodeScalar(byte)).lowercased())
      } else if let last = result.last, last != separator {
        result.append(separator)
      }
    }
    result = String(result.prefix(longest))
    while result.last == separator { result.removeLast() }
    return result.isEmpty ? otherwise : result
  }
}
