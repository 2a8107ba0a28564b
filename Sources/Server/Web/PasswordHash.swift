import CCrypt
import Glibc
import Model

/// A bcrypt hash of a password, as htpasswd(1) writes it: `$2y$10$…`.
struct PasswordHash: Hashable, Sendable {
  private let text: String

  /// A hash that no password of anybody has: so that asking for a user who is not there takes as long as for one who is.
  static let nobody = PasswordHash(unchecked: "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi")

  /// Nil for anything that is no bcrypt hash.
  init?(_ text: String) {
    guard BcryptForm.holds(text) else { return nil }
    self.init(unchecked: text)
  }

  private init(unchecked text: String) {
    self.text = text
  }

  /// Whether it is the hash of that password. Takes as long as the hash's cost says, which is tens of milliseconds.
  func fits(_ password: String) -> Bool {
    // crypt(3): the state is 32 KiB, too much for the stack of a task.
    let state = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
    defer { state.deallocate() }
    memset(state, 0, MemoryLayout<crypt_data>.size)
    guard let made = crypt_r(password, text, state) else { return false }
    return Self.areSame(Array(String(cString: made).utf8), Array(text.utf8))
  }

  /// Takes the same time wherever they differ.
  private static func areSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
