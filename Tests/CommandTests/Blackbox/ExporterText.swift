/// Prometheus's text format 0.0.4, taken apart for comparison.
struct ExporterText {
  /// One metric name.
  struct Family {
    var help = ""
    var type = ""
    /// Values as written, by the labels as written.
    var series: [String: String] = [:]
  }

  private(set) var families: [String: Family] = [:]

  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      if line.hasPrefix("# HELP "), words.count == 4 {
        families[String(words[2]), default: Family()].help = String(words[3])
      } else if line.hasPrefix("# TYPE "), words.count == 4 {
        families[String(words[2]), default: Family()].type = String(words[3])
      } else if let space = line.lastIndex(of: " ") {
        let series = line[..<space]
        let name = series.prefix { $0 != "{" }
        families[String(name), default: Family()].series[String(series.dropFirst(name.count))] =
          String(line[line.index(after: space)...])
      }
    }
  }

  /// What of ours is not as in the original, a line each.
  ///
  /// - Parameter isTimed: whether the values of a name are of a clock, and no two runs give the same.
  func differences(from original: ExporterText, isTimed: (String) -> Bool) -> [String] {
    var lines: [String] = []
    for name in Set(families.keys).union(original.families.keys).sorted() {
      guard let ours = families[name] else {
        lines.append("missing \(name)")
        continue
      }
      guard let theirs = original.families[name] else {
        lines.append("added \(name)")
        continue
      }
      if ours.help != theirs.help { lines.append("help \(name): '\(ours.help)', original '\(theirs.help)'") }
      if ours.type != theirs.type { lines.append("type \(name): \(ours.type), original \(theirs.type)") }
      for labels in Set(ours.series.keys).union(theirs.series.keys).sorted() {
        switch (ours.series[labels], theirs.series[labels]) {
        case (nil, _): lines.append("missing \(name)\(labels)")
        case (_, nil): lines.append("added \(name)\(labels)")
        case (let mine?, let other?):
          if mine != other, !isTimed(name) { lines.append("value \(name)\(labels): \(mine), original \(other)") }
        }
      }
    }
    return lines
  }
}
