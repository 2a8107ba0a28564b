/// How many runs may be under way at once.
package struct ConcurrencyLimits: Hashable, Sendable {
  /// Over all checks.
  package let global: Int
  /// Towards one host, so that watching it does not become a load on it.
  package let perHost: Int

  /// Limits of at least one place each.
  ///
  /// - Precondition: both are above zero.
  package init(global: Int = 1000, perHost: Int = 16) {
    precondition(global > 0 && perHost > 0, "a limit on concurrent runs is above zero")
    self.global = global
    self.perHost = perHost
  }

  /// 1000 runs, and 16 a host, where nothing else is written.
  package static let standard = ConcurrencyLimits()
}
