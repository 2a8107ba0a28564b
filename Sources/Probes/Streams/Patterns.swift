import Expressions
import Synchronization
import Transport

/// Compiled patterns, since the same ones are wanted at every run.
package final class Patterns: Sendable {
  private let compiled = Mutex<BoundedCache<String, RegularExpression>>(BoundedCache(capacity: 1024))

  /// No patterns yet.
  package init() {}

  /// The pattern, compiled at most once as long as it is remembered.
  func pattern(_ text: String) throws(RegularExpressionError) -> RegularExpression {
    if let known = compiled.withLock({ $0.value(for: text) }) { return known }
    let made = try RegularExpression(text)
    compiled.withLock { $0.insert(made, for: text) }
    return made
  }
}
