import Foundation
import TestSupport
import Testing

/// A JSON document, to be walked by names and places.
@dynamicMemberLookup
struct JSONValue: @unchecked Sendable {
  // Sound: what JSONSerialization makes is never changed.
  private let value: Any?

  init(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    do {
      value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    } catch {
      Issue.record("no JSON: \(text.prefix(500))", sourceLocation: sourceLocation)
      throw error
    }
  }

  private init(value: Any?) {
    self.value = value
  }

  subscript(dynamicMember name: String) -> JSONValue { self[name] }
  subscript(name: String) -> JSONValue { JSONValue(value: (value as? [String: Any])?[name]) }
  subscript(place: Int) -> JSONValue { JSONValue(value: items.indices.contains(place) ? items[place].value : nil) }

  /// Whether it is there, and null.
  var isNull: Bool { value is NSNull }
  var keys: Set<String> { Set((value as? [String: Any])?.keys ?? [:].keys) }
  var items: [JSONValue] { (value as? [Any])?.map { JSONValue(value: $0) } ?? [] }
  var text: String? { value as? String }
  var number: Double? { (value as? NSNumber)?.doubleValue }
  var int: Int? { (value as? NSNumber)?.intValue }
  var flag: Bool? { value as? Bool }
}
