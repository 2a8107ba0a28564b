import Glibc

/// A fault of ours or of the machine: a system call that has no business failing. It never counts against a target.
package struct TransportFault: Error, Hashable, CustomStringConvertible {
  /// The function that failed, as its manual page names it.
  package var call: String
  /// Its errno(3).
  package var errno: CInt

  /// A failed call.
  package init(call: String, errno: CInt) {
    self.call = call
    self.errno = errno
  }

  package var description: String { "\(call): \(String(cString: strerror(errno)))" }
}
