/// Ids for what other systems call by name, each given once. A conversion and an import of the same system name its checks
/// alike, so that history finds its check.
package struct CheckNames: Sendable {
  /// So long is an id made of a name, with room for a number after it.
  private static let longest = 56

  private var given: Set<String> = []

  /// No id is given yet.
  package init() {}

  /// The id for a name, with a number after it where an earlier one has it.
  package mutating func id(for name: String) -> CheckID {
    let base = Self.base(of: name)
    var text = base
    var number = 2
    while !given.insert(text).inserted {
      text = "\(base)-\(number)"
      number += 1
    }
    return CheckID(made: text)
  }

  /// A name made of what an id may hold: letters and digits of ASCII, in lower case, with `-` for whatever stands between.
  package static func base(of name: String) -> String {
    var result: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): result.append(byte)
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): result.append(byte | 0x20)
      default: if let last = result.last, last != UInt8(ascii: "-") { result.append(UInt8(ascii: "-")) }
      }
    }
    result = Array(result.prefix(longest))
    while result.last == UInt8(ascii: "-") { result.removeLast() }
    return result.isEmpty ? "check" : String(decoding: result, as: UTF8.self)
  }

  /// The name of an endpoint of Gatus, which is known by its group too.
  package static func gatus(group: String?, name: String) -> String {
    [group, name].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: " ")
  }
}
