package import Model
import Synchronization

/// The status pages and tokens in force, swapped as a whole when the service file is read anew.
package final class AccessBook: Sendable {
  /// One state of the book.
  package struct Edition: Sendable {
    /// In written order.
    package var pages: [PageDefinition]
    package var tokens: [APIToken]
    /// Counts editions, from 1 on.
    package fileprivate(set) var number = 1
  }

  private let state: Mutex<Edition>

  /// A book of these pages and tokens.
  package init(pages: [PageDefinition] = [], tokens: [APIToken] = []) {
    state = Mutex(Edition(pages: pages, tokens: tokens))
  }

  /// Puts these pages and tokens in force, in the place of all before.
  package func apply(pages: [PageDefinition], tokens: [APIToken]) {
    state.withLock { $0 = Edition(pages: pages, tokens: tokens, number: $0.number + 1) }
  }

  /// The state now.
  package var edition: Edition { state.withLock { $0 } }
}
