import Documents

/// Numbers of bytes as `Base2Bytes` of github.com/alecthomas/units reads and writes them: all units are powers of 1024.
enum BinarySize {
  private static let prefixes = ["", "K", "M", "G", "T", "P", "E"]

  /// Numbers with units: `100B`, `1MB`, `1MB512KB`, `1.5GiB`; only `0` needs no unit.
  ///
  /// - Returns: nil for anything else. What is negative or does not fit is the most that is possible, as upstream has it.
  static func bytes(_ text: String) -> Int? {
    var rest = text[...]
    let isNegative = rest.first == "-"
    if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
    if rest == "0" { return 0 }
    guard !rest.isEmpty else { return nil }
    var total = 0.0
    while !rest.isEmpty {
      let number = rest.prefix { $0 == "." || ("0"..."9").contains($0) }
      let name = rest[number.endIndex...].prefix { $0 != "." && !("0"..."9").contains($0) }
      guard let value = Double(number), let factor = factor(of: name) else { return nil }
      total += value * factor
      rest = rest[name.endIndex...]
    }
    let most = Int.max - 1
    return isNegative || total >= Double(most) ? most : Int(total)
  }

  private static func factor(of unit: Substring) -> Double? {
    guard unit.hasSuffix("B") else { return nil }
    let prefix = unit.hasSuffix("iB") ? unit.dropLast(2) : unit.dropLast()
    guard let power = prefixes.firstIndex(of: String(prefix)), power > 0 || !unit.hasSuffix("iB") else { return nil }
    return Double(1 << (10 * power))
  }

  /// `1MiB512KiB`.
  static func text(of bytes: Int) -> String {
    var text = ""
    var rest = bytes
    for power in prefixes.indices.reversed() {
      let count = rest >> (10 * power)
      rest -= count << (10 * power)
      if count > 0 { text += "\(count)\(prefixes[power])\(power > 0 ? "iB" : "B")" }
    }
    return text.isEmpty ? "0" : text
  }
}

extension Form where Value == Int {
  /// A number of bytes; 0 means no limit.
  static let binarySize = Form(.text(pattern: "^(0|[-+]?([0-9.]+([KMGTPE]i?)?B)+)$")) { node, reader in
    if let size = node.scalarText.flatMap(BinarySize.bytes) { return size }
    reader.fault(
      "expected a size, found \(node.foundText)", at: node, notes: ["sizes are written 100B, 512KB, 1MiB, 1MB512KB"])
    return nil
  }
}
