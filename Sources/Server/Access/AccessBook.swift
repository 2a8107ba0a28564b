package import Model
import Synchronization

/// The status pages, tokens and passes of nodes in force, swapped as a whole when the service file is read anew.
package final class AccessBook: Sendable {
  /// One state of the book.
  package struct Edition: Sendable {
    /// In written order.
    package var pages: [PageDefinition]
    package var tokens: [APIToken]
    /// What nodes of a fleet prove themselves by.
    package var nodes: NodePasses
    /// Counts editions, from 1 on.
    package fileprivate(set) var number = 1
  }

  private let state: Mutex<Edition>

  /// A book of these pages, tokens and passes.
  package init(pages: [PageDefinition] = [], tokens: [APIToken] = [], nodes: [NodePass] = []) {
    state = Mutex(Edition(pages: pages, tokens: tokens, nodes: NodePasses(nodes)))
  }

  /// Puts these pages, tokens and passes in force, in the place of all before.
  package func apply(pages: [PageDefinition], tokens: [APIToken], nodes: [NodePass] = []) {
    state.withLock {
      $0 = Edition(pages: pages, tokens: tokens, nodes: NodePasses(nodes), number: $0.number + 1)
    }
  }

  /// The state now.
  package var edition: Edition { state.withLock { $0 } }

  /// Whether a node's token is good.
  package func admission(nodeToken token: String, at now: Timestamp) -> NodeAdmission {
    edition.nodes.admission(tokenDigest: TokenText.digest(token), at: now)
  }
}
