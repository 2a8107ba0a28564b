import Synchronization

/// All series of one metric name, told apart by their labels.
package final class Family<Child: Instrument>: Sendable {
  let description: FamilyDescription
  private let makeChild: @Sendable (Labels) -> Child
  private let state = Mutex(State())

  private struct State {
    var children: [Labels: Child] = [:]
    /// The children in the order of their labels as of the last scrape; since then new ones were appended, and removed
    /// ones are still there.
    var order: [Child] = []
    var hasNew = false
    var hasRemoved = false

    /// Drops from `order` what is no longer a child; the order of the rest stays.
    mutating func compact() {
      order.removeAll { [children] in children[$0.labels] !== $0 }
      hasRemoved = false
    }
  }

  init(_ description: FamilyDescription, makeChild: @escaping @Sendable (Labels) -> Child) {
    self.description = description
    self.makeChild = makeChild
  }

  /// The series with these labels, which begins to exist by being asked for.
  ///
  /// Hashes the labels and takes a lock: resolve once and keep the result wherever it is written to often. Children of
  /// one family may have different label names.
  package func child(_ labels: Labels = [:]) -> Child {
    state.withLock { state in
      if let child = state.children[labels] { return child }
      let child = makeChild(labels)
      state.children[labels] = child
      state.order.append(child)
      state.hasNew = true
      // Children that come and go must not pile up where nobody scrapes.
      if state.order.count > 2 * state.children.count + 64 { state.compact() }
      return child
    }
  }

  /// The series with these labels if there is one.
  package func existing(_ labels: Labels = [:]) -> Child? {
    state.withLock { $0.children[labels] }
  }

  /// Makes a series disappear from the next scrape on; labels that are not there are no fault.
  package func remove(_ labels: Labels) {
    state.withLock { state in
      if state.children.removeValue(forKey: labels) != nil { state.hasRemoved = true }
    }
  }

  /// The children as they are to be printed. Only what changed since the last scrape is sorted anew.
  private var ordered: [Child] {
    state.withLock { state in
      if state.hasRemoved { state.compact() }
      if state.hasNew {
        state.order.sort { Labels.precedes($0.labels, $1.labels) }
        state.hasNew = false
      }
      return state.order
    }
  }
}

/// A family whose kind of children does not matter.
protocol AnyFamily: Sendable {
  var description: FamilyDescription { get }
  /// Begins to write the series that there are now.
  func reading() -> any FamilyReading
  func remove(label: String, values: Set<String>)
}

/// The series of a family that are still to be written in one scrape.
protocol FamilyReading: Sendable {
  /// Writes series until there are `byteCount` bytes in the writer.
  ///
  /// - Returns: whether any series is left.
  mutating func write(to writer: inout SampleWriter, upTo byteCount: Int) -> Bool
}

extension Family {
  private struct Reading: FamilyReading {
    let description: FamilyDescription
    let children: [Child]
    /// The first child that is not written yet.
    var next = 0
    var isBegun = false

    mutating func write(to writer: inout SampleWriter, upTo byteCount: Int) -> Bool {
      if !isBegun {
        writer.begin(description)
        isBegun = true
      }
      while writer.bytes.count < byteCount, next < children.count {
        children[next].write(to: &writer)
        next += 1
      }
      return next < children.count
    }
  }
}

extension Family: AnyFamily {
  func reading() -> any FamilyReading { Reading(description: description, children: ordered) }

  func remove(label: String, values: Set<String>) {
    state.withLock { state in
      let gone = state.children.keys.filter { labels in labels[label].map(values.contains) ?? false }
      guard !gone.isEmpty else { return }
      for labels in gone { state.children[labels] = nil }
      state.hasRemoved = true
    }
  }
}
