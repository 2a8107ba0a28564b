import CRE2

/// Why a pattern was refused, in RE2's words.
package struct RegularExpressionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The pattern as it was given.
  package let pattern: String
  /// What RE2 says, for example `missing ): (ab`.
  package let message: String

  /// The pattern in quotes and what is wrong with it.
  package var description: String { "bad regular expression \"\(pattern)\": \(message)" }
}

/// A pattern in RE2's syntax (https://github.com/google/re2/wiki/Syntax), which is also Go's: matching takes time linear
/// in the text, so a hostile target cannot choose a body that stops us.
package final class RegularExpression: Sendable {
  /// How bytes are read.
  package enum Encoding: Sendable, Hashable {
    /// UTF-8 text; bytes that are none match nothing but `\C`.
    case utf8
    /// Every byte is a character, for protocols that are not text.
    case latin1
  }

  /// Where a pattern matched, as byte offsets into what was searched.
  package struct Match: Sendable, Hashable {
    /// The whole match first, then the capturing groups; nil for a group that took no part.
    package let groups: [Range<Int>?]

    /// The whole match.
    package var range: Range<Int> { (groups.first ?? nil) ?? 0..<0 }
  }

  /// The pattern as it was given.
  package let pattern: String
  /// Number of capturing groups, without the whole match.
  package let groupCount: Int
  /// Named groups and their numbers.
  package let groupNames: [String: Int]

  // Sound: RE2 objects are immutable after construction and documented as safe to use from several threads at once; the
  // pointer is freed only in `deinit`.
  nonisolated(unsafe) private let handle: OpaquePointer

  /// - Parameter maximumMemory: bytes that the compiled program and its cache may take.
  /// - Throws: `RegularExpressionError` with RE2's own words.
  package init(
    _ pattern: String, encoding: Encoding = .utf8, caseSensitive: Bool = true, maximumMemory: Int = 8 << 20
  ) throws(RegularExpressionError) {
    var text = pattern
    guard
      let handle = text.withUTF8({ bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          cre2_new($0.baseAddress, $0.count, encoding == .latin1, caseSensitive, Int64(maximumMemory))
        }
      })
    else {
      throw RegularExpressionError(pattern: pattern, message: "out of memory")
    }
    if let error = cre2_error(handle) {
      let message = String(cString: error)
      cre2_delete(handle)
      throw RegularExpressionError(pattern: pattern, message: message)
    }
    var names: [String: Int] = [:]
    withUnsafeMutablePointer(to: &names) { names in
      cre2_visit_names(
        handle,
        { context, name, length, group in
          guard let context, let name else { return }
          let bytes = UnsafeRawBufferPointer(start: name, count: length)
          context.assumingMemoryBound(to: [String: Int].self).pointee[String(decoding: bytes, as: UTF8.self)] =
            Int(group)
        }, names)
    }
    self.pattern = pattern
    self.handle = handle
    groupCount = Int(cre2_group_count(handle))
    groupNames = names
  }

  deinit { cre2_delete(handle) }

  /// Whether the pattern matches anywhere in the text.
  package func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
  }

  /// Whether the pattern matches anywhere in the bytes.
  package func matches(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { matches($0) }
  }

  /// Whether the pattern matches anywhere in the bytes.
  package func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let text = bytes.assumingMemoryBound(to: CChar.self)
    return cre2_match(handle, text.baseAddress, text.count, 0, nil, 0)
  }

  /// The first match at or after `offset`.
  package func firstMatch(in text: String, from offset: Int = 0) -> Match? {
    var text = text
    return text.withUTF8 { firstMatch(in: UnsafeRawBufferPointer($0), from: offset) }
  }

  /// The first match at or after `offset`.
  package func firstMatch(in bytes: [UInt8], from offset: Int = 0) -> Match? {
    bytes.withUnsafeBytes { firstMatch(in: $0, from: offset) }
  }

  /// The first match at or after `offset`; `^` means the start of the bytes, not the offset.
  package func firstMatch(in bytes: UnsafeRawBufferPointer, from offset: Int = 0) -> Match? {
    let text = bytes.assumingMemoryBound(to: CChar.self)
    let groups: [Range<Int>?]? = withUnsafeTemporaryAllocation(of: cre2_span.self, capacity: groupCount + 1) { spans in
      guard
        cre2_match(handle, text.baseAddress, text.count, max(0, offset), spans.baseAddress, Int32(groupCount + 1))
      else { return nil }
      return spans.map { $0.start < 0 ? nil : $0.start..<$0.end }
    }
    return groups.map(Match.init(groups:))
  }
}
