/// What a family is called and what it is, for its header lines and for telling clashes of names.
struct FamilyDescription: Sendable {
  enum Kind: String, Sendable {
    case counter, gauge, histogram, summary, info
  }

  /// The name as it was registered: that of the samples, with `_total` or `_info` where the kind has it.
  let name: String
  let help: String
  let unit: String?
  let kind: Kind

  /// The name of the family in OpenMetrics, where `_total` and `_info` belong to the samples only.
  var baseName: String {
    switch kind {
    case .counter: String(name.dropLast("_total".count))
    case .info: String(name.dropLast("_info".count))
    case .gauge, .histogram, .summary: name
    }
  }

  /// Every name that either format may print for the family; no other family may use one of them.
  var claimedNames: [String] {
    switch kind {
    case .counter, .info: [baseName, name]
    case .gauge: [name]
    case .histogram: [name, name + "_bucket", name + "_sum", name + "_count"]
    case .summary: [name, name + "_sum", name + "_count"]
    }
  }

  /// Refuses what one of the formats, or the habit of Prometheus, would not take.
  func check() throws(RegistrationError) {
    guard Naming.isMetricName(name) else {
      throw RegistrationError(
        .invalidMetricName,
        "metric name \"\(name)\" is not valid: use letters, digits, \"_\" and \":\", and do not begin with a digit")
    }
    switch kind {
    case .counter, .info:
      let suffix = kind == .counter ? "_total" : "_info"
      guard name.hasSuffix(suffix), Naming.isMetricName(baseName) else {
        throw RegistrationError(
          .wrongSuffix,
          "\(kind.rawValue) name \"\(name)\" does not end in \"\(suffix)\": OpenMetrics asks for it; add it")
      }
    case .gauge, .histogram, .summary:
      guard !name.hasSuffix("_total") else {
        throw RegistrationError(
          .wrongSuffix, "\(kind.rawValue) name \"\(name)\" ends in \"_total\", which is for counters: rename it")
      }
    }
    if let unit {
      guard !unit.isEmpty, baseName.hasSuffix("_" + unit) else {
        throw RegistrationError(
          .unitNotInName,
          "unit \"\(unit)\" of metric \"\(name)\" is not the last word of its name: OpenMetrics asks for \"…_\(unit)\"")
      }
    }
  }

  /// `# HELP`, `# TYPE` and, in OpenMetrics, `# UNIT`, in the order in which client_golang writes them.
  func appendHeader(to bytes: inout [UInt8], format: TextFormat) {
    let (shownName, shownKind) =
      switch format {
      // 0.0.4 has no info type and its counters are called as their samples are.
      case .prometheus: (name, kind == .info ? Kind.gauge : kind)
      case .openMetrics: (baseName, kind)
      }
    if !help.isEmpty {
      bytes.append(contentsOf: "# HELP \(shownName) ".utf8)
      bytes.appendEscaped(help, quotes: format == .openMetrics)
      bytes.append(UInt8(ascii: "\n"))
    }
    bytes.append(contentsOf: "# TYPE \(shownName) \(shownKind.rawValue)\n".utf8)
    if format == .openMetrics, let unit {
      bytes.append(contentsOf: "# UNIT \(shownName) \(unit)\n".utf8)
    }
  }
}
