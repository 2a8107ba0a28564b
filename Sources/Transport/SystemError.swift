import Glibc

/// The words of the C library for its error numbers (strerror(3)).
package enum SystemError {
  /// "connection refused": the usual words, beginning in lower case as the middle of a sentence.
  package static func words(_ code: CInt) -> String {
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      // The variant that Swift sees is the one of XSI, which fills the buffer (strerror(3)).
      guard let base = buffer.baseAddress else { return "" }
      buffer.initialize(repeating: 0)
      _ = strerror_r(code, base, buffer.count)
      return String(cString: base)
    }
    return text.isEmpty ? "error \(code)" : text.prefix(1).lowercased() + text.dropFirst()
  }
}
