/// Keeps a large value apart, so that whoever passes its owner on copies a reference alone: a probe under way holds its
/// module in several frames, and thousands may be under way.
@propertyWrapper
package struct Apart<Value: Sendable>: Sendable {
  private final class Storage: Sendable {
    let value: Value

    init(_ value: Value) {
      self.value = value
    }
  }

  private var storage: Storage

  /// The value as it begins.
  package init(wrappedValue: Value) {
    storage = Storage(wrappedValue)
  }

  package var wrappedValue: Value {
    get { storage.value }
    set { storage = Storage(newValue) }
  }
}
