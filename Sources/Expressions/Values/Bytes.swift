import CRE2
import Glibc

extension UnsafeRawBufferPointer {
  /// Whether two buffers of the same length hold the same bytes.
  func elementsEqualFast(_ other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard let left = baseAddress, let right = other.baseAddress else { return true }
    return memcmp(left, right, count) == 0
  }

  /// The offset of the first occurrence of `needle` at or after `start`, or nil; in time linear in both.
  func offset(of needle: UnsafeRawBufferPointer, from start: Int = 0) -> Int? {
    guard start <= count else { return nil }
    if needle.isEmpty { return start }
    guard let base = baseAddress, let wanted = needle.baseAddress, needle.count <= count - start else { return nil }
    guard let found = cre2_find(base + start, count - start, wanted, needle.count) else { return nil }
    return UnsafeRawPointer(found) - base
  }
}

extension String {
  /// Whether the code points of `needle` occur in this text.
  func containsCodePoints(of needle: String) -> Bool {
    var text = self
    var needle = needle
    return text.withUTF8 { text in
      needle.withUTF8 { UnsafeRawBufferPointer(text).offset(of: UnsafeRawBufferPointer($0)) != nil }
    }
  }

  /// Whether this text begins with the code points of `prefix`.
  func hasCodePointPrefix(_ prefix: String) -> Bool {
    var text = self
    var prefix = prefix
    return text.withUTF8 { text in
      prefix.withUTF8 { prefix in
        text.count >= prefix.count
          && UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text)[..<prefix.count])
            .elementsEqualFast(UnsafeRawBufferPointer(prefix))
      }
    }
  }

  /// Whether this text ends in the code points of `suffix`. UTF-8 is self-synchronising, so bytes are enough.
  func hasCodePointSuffix(_ suffix: String) -> Bool {
    var text = self
    var suffix = suffix
    return text.withUTF8 { text in
      suffix.withUTF8 { suffix in
        text.count >= suffix.count
          && UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text)[(text.count - suffix.count)...])
            .elementsEqualFast(UnsafeRawBufferPointer(suffix))
      }
    }
  }
}
