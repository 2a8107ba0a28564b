import Expressions
import Model

/// The members of one object of a body. Each is taken by name; everything wrong is told at once, with where it stands.
final class BodyReader {
  private let members: MapValue
  private let pointer: String
  private var known: Set<String> = []
  private var faults: [BodyFault] = []

  /// - Parameter pointer: where the object stands in the body (RFC 6901); empty for the body itself.
  /// - Throws: `Problem` when it is no object.
  init(_ value: Value, at pointer: String = "") throws(Problem) {
    guard case .map(let members) = value else {
      throw Self.problem([BodyFault(pointer: pointer, detail: "expected an object, found \(Self.name(value))")])
    }
    self.members = members
    self.pointer = pointer
  }

  /// What is wrong with a body, as a problem.
  static func problem(_ faults: [BodyFault]) -> Problem {
    let first = faults.first.map { $0.pointer.isEmpty ? $0.detail : "\($0.pointer): \($0.detail)" } ?? ""
    var problem = Problem(.badBody, faults.count > 1 ? "\(first), and \(faults.count - 1) more" : first)
    problem.errors = faults
    return problem
  }

  /// Takes note of a fault of a member.
  func fault(_ name: String, _ detail: String) {
    faults.append(BodyFault(pointer: "\(pointer)/\(Self.escaped(name))", detail: detail))
  }

  /// To be called when everything was taken.
  ///
  /// - Throws: `Problem` with everything wrong, members that nobody asked for among it.
  func finish() throws(Problem) {
    for name in members.names.sorted() where !known.contains(name) {
      fault(name, "there is no such member; allowed here: " + known.sorted().joined(separator: ", "))
    }
    guard faults.isEmpty else { throw Self.problem(faults) }
  }

  /// Text of at least one character; nil when it is absent or null.
  func text(_ name: String, limit: Int, allowsLineEnds: Bool = true) -> String? {
    guard let value = value(name) else { return nil }
    guard case .string(let text) = value else {
      fault(name, "expected text, found \(Self.name(value))")
      return nil
    }
    guard text.contains(where: { !$0.isWhitespace }) else {
      fault(name, "it is empty")
      return nil
    }
    guard text.unicodeScalars.count <= limit else {
      fault(name, "it has \(text.unicodeScalars.count) characters, \(limit) are allowed")
      return nil
    }
    let isControl = { (scalar: UnicodeScalar) in
      scalar.value < 0x20 && !(allowsLineEnds && (scalar == "\n" || scalar == "\t")) || scalar.value == 0x7F
    }
    guard !text.unicodeScalars.contains(where: isControl) else {
      fault(name, "it holds a control character")
      return nil
    }
    return text
  }

  /// The same, and its absence is a fault.
  func requiredText(_ name: String, limit: Int, allowsLineEnds: Bool = true) -> String? {
    require(name)
    return text(name, limit: limit, allowsLineEnds: allowsLineEnds)
  }

  /// A moment in RFC 3339.
  func moment(_ name: String) -> Timestamp? {
    word(name, allowed: "a time as 2026-11-21T10:56:00Z") { Timestamp(rfc3339: $0) }
  }

  /// One word of a closed set.
  func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of type: Choice.Type) -> Choice?
  where Choice.RawValue == String {
    word(name, allowed: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", ")) { Choice(rawValue: $0) }
  }

  /// A duration: `1h30m`, `250ms`, or a number of seconds.
  func duration(_ name: String) -> Duration? {
    switch value(name) {
    case nil: return nil
    case .int(let seconds) where (0...3_153_600_000).contains(seconds): return .seconds(seconds)
    case .double(let seconds) where seconds >= 0 && seconds < 3_153_600_000:
      return .nanoseconds(Int64((seconds * 1e9).rounded()))
    case .string(let text):
      if let duration = Units.duration(text) { return duration }
      fault(name, "\"\(text)\" is no duration: give one as 1h30m or 250ms, or a number of seconds")
    case let other?: fault(name, "expected a duration, found \(Self.name(other))")
    }
    return nil
  }

  /// Whether something holds.
  func flag(_ name: String) -> Bool? {
    switch value(name) {
    case nil: return nil
    case .bool(let flag): return flag
    case let other?:
      fault(name, "expected true or false, found \(Self.name(other))")
      return nil
    }
  }

  /// The id of a check; `exists` tells whether there is one.
  func check(_ name: String, exists: (CheckID) -> Bool) -> CheckID? {
    word(name, allowed: "the id of a check or a service") { CheckID($0).flatMap { exists($0) ? $0 : nil } }
  }

  /// Ids of checks.
  func checks(_ name: String, exists: (CheckID) -> Bool) -> [CheckID]? {
    guard let items = list(name, atMost: 1000) else { return nil }
    var checks: [CheckID] = []
    for (index, item) in items.enumerated() {
      guard case .string(let text) = item, let id = CheckID(text), exists(id) else {
        faults.append(
          BodyFault(
            pointer: "\(pointer)/\(name)/\(index)", detail: "\(Self.quoted(item)) is the id of no check or service"))
        continue
      }
      if !checks.contains(id) { checks.append(id) }
    }
    return checks
  }

  /// The items of a list, each with where it stands.
  func objects(_ name: String, atMost limit: Int) -> [BodyReader]? {
    guard let items = list(name, atMost: limit) else { return nil }
    var readers: [BodyReader] = []
    for (index, item) in items.enumerated() {
      do throws(Problem) {
        readers.append(try BodyReader(item, at: "\(pointer)/\(name)/\(index)"))
      } catch {
        faults += error.errors
      }
    }
    return readers
  }

  /// Takes over what an item of a list found wrong.
  func finish(_ item: BodyReader) {
    do throws(Problem) { try item.finish() } catch { faults += error.errors }
  }

  /// Its absence is a fault.
  func require(_ name: String) {
    if value(name) == nil { fault(name, "it is missing") }
  }

  private func list(_ name: String, atMost limit: Int) -> [Value]? {
    guard let value = value(name) else { return nil }
    guard case .list(let items) = value else {
      fault(name, "expected a list, found \(Self.name(value))")
      return nil
    }
    guard items.count <= limit else {
      fault(name, "it has \(items.count) entries, \(limit) are allowed")
      return nil
    }
    return items
  }

  private func word<Result>(_ name: String, allowed: String, _ read: (String) -> Result?) -> Result? {
    guard let value = value(name) else { return nil }
    guard case .string(let text) = value, let result = read(text) else {
      fault(name, "\(Self.quoted(value)) is not allowed: give \(allowed)")
      return nil
    }
    return result
  }

  private func value(_ name: String) -> Value? {
    known.insert(name)
    guard let value = members[name] else { return nil }
    if case .null = value { return nil }
    return value
  }

  private static func quoted(_ value: Value) -> String {
    if case .string(let text) = value { "\"\(text.prefix(60))\"" } else { name(value) }
  }

  private static func name(_ value: Value) -> String {
    switch value {
    case .list: "a list"
    case .map: "an object"
    case .string(let text): "\"\(text.prefix(60))\""
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    default: "a number"
    }
  }

  private static func escaped(_ name: String) -> String {
    name.replacing("~", with: "~0").replacing("/", with: "~1")
  }
}
