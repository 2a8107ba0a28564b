package import Model

extension DNSModule {
  package func verdict(
    on observation: Observation, of spec: ProbeSpec, _ compatibility: Compatibility
  ) -> ModuleVerdict {
    var verdict = ModuleVerdict()
    if case .dns(let dns) = spec { verdict.noteResolution(of: dns.server ?? "", observation, address) }
    if let failure = observation.failure {
      verdict.failure = failure
      if failure.phase != .resolve {
        verdict.log.append(LogEntry(.error, "Error while sending a DNS query", [("err", failure.words)]))
      }
      return verdict
    }
    guard case .dns(let facts) = observation.facts.detail else { return verdict }
    verdict.log.append(LogEntry(.debug, "Got response", [("rcode", facts.rcode)]))
    judge(facts.rcode, in: &verdict)
    let sections = [
      ("Answer", facts.answers, answer), ("Authority", facts.authority, authority),
      ("Additional", facts.additional, additional),
    ]
    for (name, records, rules) in sections {
      guard verdict.failure == nil else { break }
      verdict.log.append(LogEntry(.debug, "Validating \(name) RRs"))
      guard !rules.isEmpty, let fault = rules.fault(in: records, compatibility) else { continue }
      verdict.log.append(LogEntry(.error, fault.message, fault.fields))
      verdict.log.append(LogEntry(.error, "\(name) RRs validation failed"))
      verdict.failure = ProbeFailure(
        .expectationFailed, during: .receive, "\(name) RRs validation failed: \(fault.message)", quote: fault.quote)
    }
    return verdict
  }

  private func judge(_ rcode: String, in verdict: inout ModuleVerdict) {
    let valid = validRcodes.map(Self.canonical)
    if let unknown = validRcodes.first(where: { !Self.rcodes.contains(Self.canonical($0)) }) {
      verdict.fail(
        ProbeFailure(.templateFailed, during: .receive, "Invalid rcode \"\(unknown)\" in valid_rcodes"),
        [("rcode", unknown)])
    } else if valid.contains(rcode) {
      verdict.log.append(LogEntry(.debug, "Rcode is valid", [("string_rcode", rcode)]))
    } else {
      verdict.log.append(
        LogEntry(
          .error, "Rcode is not one of the valid rcodes",
          [("string_rcode", rcode), ("valid_rcodes", validRcodes.joined(separator: " "))]))
      verdict.failure = ProbeFailure(
        .expectationFailed, during: .receive,
        "Rcode is not one of the valid rcodes: \(rcode), and \(validRcodes.joined(separator: ", ")) is valid")
    }
  }

  /// What the Go library calls otherwise than IANA does (https://www.iana.org/assignments/dns-parameters).
  private static func canonical(_ rcode: String) -> String {
    switch rcode {
    case "NOTIMPL": "NOTIMP"
    case "BADSIG": "BADVERS"
    default: rcode
    }
  }

  private static let rcodes: Set<String> = [
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
    "NOTZONE", "DSOTYPENI", "BADVERS", "BADKEY", "BADTIME", "BADMODE", "BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE",
  ]
}
