import Expressions
import Model

extension DNSModule.RecordRules {
  /// What of a section is not as it should be.
  struct Fault {
    /// In upstream's words.
    var message: String
    var fields: [(String, String)] = []
    /// What the server said of it.
    var quote = ""
  }

  /// Whether nothing is ruled.
  var isEmpty: Bool {
    failIfMatches.isEmpty && failIfAllMatch.isEmpty && failIfNotMatches.isEmpty && failIfNoneMatches.isEmpty
  }

  /// What of these records is not as it should be; nil when all is well.
  func fault(in records: [DNSRecord], _ compatibility: Compatibility) -> Fault? {
    if records.isEmpty {
      // Patterns are compiled where there is something to match, as upstream does it.
      if !failIfNotMatches.isEmpty {
        return Fault(message: "fail_if_not_matches_regexp specified but no RRs returned")
      }
      if !failIfNoneMatches.isEmpty {
        return Fault(message: "fail_if_none_matches_regexp specified but no RRs returned")
      }
      return nil
    }
    let rules: Compiled
    do throws(RegularExpressionError) {
      rules = try Compiled(self)
    } catch {
      return Fault(message: "Error matching regexp", fields: [("regexp", error.pattern), ("err", error.message)])
    }
    var doAllMatch = true
    var doesAnyMatch = false
    for record in records {
      let text = record.zoneText
      if let pattern = rules.failIfMatches.first(where: { $0.matches(text) }) {
        return Fault("At least one RR matched regexp", pattern, text)
      }
      if doAllMatch { doAllMatch = rules.failIfAllMatch.allSatisfy { $0.matches(text) } }
      if let pattern = rules.failIfNotMatches.first(where: { !$0.matches(text) }) {
        return Fault("At least one RR did not match regexp", pattern, text)
      }
      if !doesAnyMatch { doesAnyMatch = rules.failIfNoneMatches.contains { $0.matches(text) } }
    }
    if !failIfAllMatch.isEmpty {
      // Upstream fails where not all match, against the option's name.
      switch (compatibility, doAllMatch) {
      case (.mended, true): return Fault(message: "All RRs matched regexp")
      case (.strict, false): return Fault(message: "Not all RRs matched regexp")
      case (.mended, false), (.strict, true): break
      }
    }
    return !failIfNoneMatches.isEmpty && !doesAnyMatch ? Fault(message: "None of the RRs did matched any regexp") : nil
  }

  private struct Compiled {
    let failIfMatches: [RegularExpression]
    let failIfAllMatch: [RegularExpression]
    let failIfNotMatches: [RegularExpression]
    let failIfNoneMatches: [RegularExpression]

    init(_ rules: DNSModule.RecordRules) throws(RegularExpressionError) {
      failIfMatches = try Self.compiled(rules.failIfMatches)
      failIfAllMatch = try Self.compiled(rules.failIfAllMatch)
      failIfNotMatches = try Self.compiled(rules.failIfNotMatches)
      failIfNoneMatches = try Self.compiled(rules.failIfNoneMatches)
    }

    private static func compiled(_ patterns: [String]) throws(RegularExpressionError) -> [RegularExpression] {
      var compiled: [RegularExpression] = []
      for pattern in patterns { compiled.append(try RegularExpression(pattern)) }
      return compiled
    }
  }
}

extension DNSModule.RecordRules.Fault {
  fileprivate init(_ message: String, _ pattern: RegularExpression, _ record: String) {
    self.init(
      message: message, fields: [("regexp", pattern.pattern), ("rr", record)],
      quote: " \"\(pattern.pattern)\": \(record)")
  }
}
