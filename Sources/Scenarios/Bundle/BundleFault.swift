/// Why a bundle cannot be made, or why bytes are none: one sentence.
package struct BundleFault: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}
