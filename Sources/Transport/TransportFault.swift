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

  package var description: String { "\(call): \(SystemError.words(errno))" }

  /// Whether it tells about this process and its machine, and nothing about the other side: what is short here, what is
  /// forbidden here, or any call that the other side has no part in.
  package var isOurs: Bool {
    switch errno {
    // A local packet filter or security module answers EPERM or EACCES, and so does a socket file without leave to write.
    case EMFILE, ENFILE, ENOMEM, ENOBUFS, EPERM, EACCES: true
    // A machine without one of the two families, where an address of the other may do.
    case EAFNOSUPPORT: false
    default: !["connect", "send", "recv"].contains(call)
    }
  }
}
