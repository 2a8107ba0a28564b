import Exposition

/// The gauges of one probe: families sorted by name, series by their labels' values, as client_golang writes them.
package struct ProbeMetrics: Sendable {
  private struct Family {
    var help: String
    var series: [(labels: [(name: String, value: String)], value: Double)] = []
  }

  private var families: [String: Family] = [:]

  /// No metric yet.
  package init() {}

  /// Sets a gauge. The same name with the same labels again replaces its value.
  package mutating func set(
    _ name: String, help: String, _ value: Double, labels: [(name: String, value: String)] = []
  ) {
    let sorted = labels.sorted { $0.name < $1.name }
    var family = families[name] ?? Family(help: help)
    if let index = family.series.firstIndex(where: { Self.areSame($0.labels, sorted) }) {
      family.series[index].value = value
    } else {
      family.series.append((sorted, value))
    }
    families[name] = family
  }

  /// Sets a gauge to 1 or 0.
  package mutating func set(
    _ name: String, help: String, _ isTrue: Bool, labels: [(name: String, value: String)] = []
  ) {
    set(name, help: help, isTrue ? 1 : 0, labels: labels)
  }

  /// Sets a gauge to seconds.
  package mutating func set(
    _ name: String, help: String, _ duration: Duration, labels: [(name: String, value: String)] = []
  ) {
    set(name, help: help, duration.inSeconds, labels: labels)
  }

  /// The value of a series, for whoever shows or tests it.
  package func value(_ name: String, labels: [(name: String, value: String)] = []) -> Double? {
    let sorted = labels.sorted { $0.name < $1.name }
    return families[name]?.series.first { Self.areSame($0.labels, sorted) }?.value
  }

  /// Text format 0.0.4.
  package var text: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4096)
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      bytes += "# HELP \(name) \(family.help)\n# TYPE \(name) gauge\n".utf8
      let sorted = family.series.sorted { left, right in
        left.labels.lexicographicallyPrecedes(right.labels) { $0.value < $1.value }
      }
      for series in sorted {
        bytes += name.utf8
        Self.append(series.labels, to: &bytes)
        bytes.append(UInt8(ascii: " "))
        GoFloat.append(series.value, to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
      }
    }
    return bytes
  }

  private static func append(_ labels: [(name: String, value: String)], to bytes: inout [UInt8]) {
    guard !labels.isEmpty else { return }
    for (index, label) in labels.enumerated() {
      bytes.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
      bytes += label.name.utf8
      bytes += "=\"".utf8
      for byte in label.value.utf8 {
        switch byte {
        case UInt8(ascii: "\\"): bytes += "\\\\".utf8
        case UInt8(ascii: "\n"): bytes += "\\n".utf8
        case UInt8(ascii: "\""): bytes += "\\\"".utf8
        default: bytes.append(byte)
        }
      }
      bytes.append(UInt8(ascii: "\""))
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private static func areSame(
    _ left: [(name: String, value: String)], _ right: [(name: String, value: String)]
  ) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { $0 == $1 }
  }
}
