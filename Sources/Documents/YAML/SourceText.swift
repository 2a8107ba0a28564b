import Expressions
package import Model

/// A file as it was read: what every diagnostic quotes from.
package final class SourceText: Sendable {
  /// The path as the user gave it, or the flag that the text was given to.
  package let path: String
  /// The folder that relative paths in it start from.
  package let folder: String
  /// UTF-8, without a byte order mark.
  package let bytes: [UInt8]
  /// Byte offsets at which lines begin, by the rules of libyaml, so that its marks fall on the same lines.
  private let lineStarts: [Int]
  /// The path as messages show it, once for all places in the file.
  private let shownPath: String

  /// The longest piece of a line that a message quotes, in scalars: a minified file must not fill the terminal.
  package static let quotedScalars = 400

  /// A text read from `path`.
  package init(path: String, folder: String, bytes: [UInt8]) {
    self.path = path
    self.folder = folder
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    self.bytes = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
    lineStarts = Self.lineStarts(of: self.bytes)
    shownPath = path.escapedForDisplay
  }

  /// LF, CR, CR LF, NEL, LS and PS end a line (YAML 1.1 section 5.4, which libyaml follows).
  private static func lineStarts(of bytes: [UInt8]) -> [Int] {
    var starts = [0]
    bytes.withUnsafeBufferPointer { bytes in
      var index = 0
      while index < bytes.count {
        switch bytes[index] {
        case 0x0A:
          starts.append(index + 1)
        case 0x0D:
          if index + 1 < bytes.count, bytes[index + 1] == 0x0A { index += 1 }
          starts.append(index + 1)
        case 0xC2 where index + 1 < bytes.count && bytes[index + 1] == 0x85:
          index += 1
          starts.append(index + 1)
        case 0xE2
        where index + 2 < bytes.count && bytes[index + 1] == 0x80
          && (bytes[index + 2] == 0xA8 || bytes[index + 2] == 0xA9):
          index += 2
          starts.append(index + 1)
        default: break
        }
        index += 1
      }
    }
    return starts
  }

  /// The byte offset of a position; the end of the text for a position past it.
  package func offset(of position: SourcePosition) -> Int {
    guard lineStarts.indices.contains(Int(position.line)) else { return bytes.count }
    var offset = lineStarts[Int(position.line)]
    var left = position.column
    while left > 0, offset < bytes.count {
      offset += 1
      while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
      left -= 1
    }
    return offset
  }

  /// The position of a byte offset.
  package func position(of offset: Int) -> SourcePosition {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    let start = lineStarts[low]
    let column = bytes[start..<max(start, min(offset, bytes.count))].count { $0 & 0xC0 != 0x80 }
    return SourcePosition(line: Int32(low), column: Int32(column))
  }

  /// The line a span begins on, with the part to underline; a span over several lines is underlined up to the end of the
  /// first.
  package func excerpt(_ span: SourceSpan) -> SourceExcerpt {
    let line = min(Int(span.start.line), lineStarts.count - 1)
    let end = line + 1 < lineStarts.count ? lineStarts[line + 1] : bytes.count
    let whole = String(decoding: bytes[lineStarts[line]..<end].prefix(4 * Self.quotedScalars), as: UTF8.self)
    let shown = whole.unicodeScalars.prefix { !$0.isLineEnd }.prefix(Self.quotedScalars)
    // Scalar for scalar, so that the carets stay in place.
    let text = String(String.UnicodeScalarView(shown.map { $0.isUnsafeForDisplay && $0 != "\t" ? "\u{FFFD}" : $0 }))
    let count = shown.count
    // libyaml puts what is missing at the end on a line of its own.
    let column = Int(span.start.line) > line ? count : Int(span.start.column)
    let endColumn = span.end.line == span.start.line ? Int(span.end.column) : count
    let width = max(1, min(endColumn, count) - column)
    return SourceExcerpt(
      location: SourceLocation(file: shownPath, line: line + 1, column: column + 1), lineText: text, width: width)
  }

  /// Where a span begins.
  package func location(of span: SourceSpan) -> SourceLocation {
    let line = Int(span.start.line)
    guard line < lineStarts.count else { return excerpt(span).location }
    return SourceLocation(file: shownPath, line: line + 1, column: Int(span.start.column) + 1)
  }

  /// The excerpt of a range of bytes.
  package func excerpt(ofBytes range: Range<Int>) -> SourceExcerpt {
    excerpt(SourceSpan(start: position(of: range.lowerBound), end: position(of: range.upperBound)))
  }
}

extension Unicode.Scalar {
  /// Whether it ends a line in the sense of `SourceText`.
  fileprivate var isLineEnd: Bool {
    switch value {
    case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }
}

/// A place in a text, counted from 0; columns in Unicode scalars.
package struct SourcePosition: Hashable, Sendable {
  /// From 0.
  package var line: Int32
  /// Unicode scalars before it in its line.
  package var column: Int32

  /// The place with these numbers.
  package init(line: Int32, column: Int32) {
    self.line = line
    self.column = column
  }
}

/// A part of a text, from one place up to, not including, another.
package struct SourceSpan: Hashable, Sendable {
  /// The first place.
  package var start: SourcePosition
  /// The place behind the last.
  package var end: SourcePosition

  /// The part between two places.
  package init(start: SourcePosition, end: SourcePosition) {
    self.start = start
    self.end = end
  }
}
