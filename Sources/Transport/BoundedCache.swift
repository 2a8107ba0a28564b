/// Remembers the values used most recently, roughly: two generations, of which the older is dropped whenever the younger is
/// full. Constant time, no bookkeeping on a hit in the younger one.
package struct BoundedCache<Key: Hashable, Value> {
  private var young: [Key: Value] = [:]
  private var old: [Key: Value] = [:]
  private let capacity: Int

  /// A cache of at most `capacity` values.
  package init(capacity: Int) {
    self.capacity = max(2, capacity)
  }

  /// How many are remembered.
  package var count: Int { young.count + old.count }

  /// What is remembered under the key.
  package mutating func value(for key: Key) -> Value? {
    if let value = young[key] { return value }
    guard let value = old.removeValue(forKey: key) else { return nil }
    insert(value, for: key)
    return value
  }

  /// Remembers a value, in place of the one before it.
  package mutating func insert(_ value: Value, for key: Key) {
    if young.count >= capacity / 2 {
      old = young
      young = [:]
    }
    young[key] = value
  }
}
