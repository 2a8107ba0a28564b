import COpenSSL
import Glibc
import Model
import Synchronization

/// The chains that a trust store gives for what servers presented, each found once: a server presents the same certificates
/// at every probe, and which of them signed which does not change. What does, whether they are valid now, is looked at
/// every time.
///
/// Belongs to its X509_STORE, in a slot of its own, so that it knows of no other's authorities and lives as long.
final class VerifiedChains: Sendable {
  private let known = Mutex<BoundedCache<[String], [[Certificate]]>>(BoundedCache(capacity: 256))

  // CRYPTO_EX_free(3): called when the store is freed, for a slot that was never filled with nil.
  private static let slot = curlew_store_new_index { _, pointer, _, _, _, _ in
    if let pointer { Unmanaged<VerifiedChains>.fromOpaque(pointer).release() }
  }

  /// Gives a new trust store its memory.
  static func attach(to store: OpaquePointer) {
    let reference = Unmanaged.passRetained(VerifiedChains())
    // Without it, one chain is shown, which is all that verification needs.
    if X509_STORE_set_ex_data(store, slot, reference.toOpaque()) != 1 { reference.release() }
  }

  /// All chains that are valid now.
  ///
  /// - Parameters:
  ///   - context: an `X509_STORE_CTX *` after a successful X509_verify_cert(3).
  ///   - presented: what the server sent.
  ///   - own: the chain that OpenSSL found itself, which comes first.
  static func all(from context: OpaquePointer, presented: [Certificate], own: [Certificate]) -> [[Certificate]] {
    guard let store = X509_STORE_CTX_get0_store(context), let pointer = X509_STORE_get_ex_data(store, slot) else {
      return [own]
    }
    let memory = Unmanaged<VerifiedChains>.fromOpaque(pointer).takeUnretainedValue()
    let key = presented.map(\.fingerprintSHA256)
    let chains: [[Certificate]]
    if let known = memory.known.withLock({ $0.value(for: key) }) {
      chains = known
    } else {
      chains = ChainSearch.chains(from: context)
      memory.known.withLock { $0.insert(chains, for: key) }
    }
    if chains.count == 1, isSame(chains[0], own) { return [own] }
    let now = Int64(time(nil))
    let valid = chains.filter { chain in chain.allSatisfy { $0.firstSecond <= now && now <= $0.lastSecond } }
    let others = valid.filter { !isSame($0, own) }
    // OpenSSL goes on past a leaf that is trusted itself, where Go ends; its chain stands where the search found none.
    return others.count < valid.count || valid.isEmpty ? [own] + others : others
  }

  private static func isSame(_ left: [Certificate], _ right: [Certificate]) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { $0.fingerprintSHA256 == $1.fingerprintSHA256 }
  }
}
