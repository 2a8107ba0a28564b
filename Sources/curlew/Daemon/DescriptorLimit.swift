import Glibc

/// How many files and sockets the process may have open (getrlimit(2)).
enum DescriptorLimit {
  /// Raises the soft limit to the hard one: the usual soft limit of 1024 is less than a thousand runs at a time need.
  static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
