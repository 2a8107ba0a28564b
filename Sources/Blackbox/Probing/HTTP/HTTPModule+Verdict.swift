import Expressions
package import Model

extension HTTPModule {
  package func verdict(
    on observation: Observation, of spec: ProbeSpec, _ compatibility: Compatibility
  ) -> ModuleVerdict {
    var verdict = ModuleVerdict()
    guard let answer = HTTPAnswer(observation) else { return verdict }
    if case .http(let spec) = spec {
      let host = spec.headers.first { $0.name.isField("host") }?.value
      verdict.log.append(
        LogEntry(.info, "Making HTTP request", [("url", Self.publicURL(spec.url)), ("host", host ?? "")]))
    }
    guard answer.exists else {
      verdict.fail(
        observation.failure ?? ProbeFailure(.protocolError, during: .wait, "there is no answer"),
        "Error for HTTP request")
      return verdict
    }
    if let location = answer.isUnfollowedRedirect ? answer.value(of: "location") : nil {
      verdict.log.append(LogEntry(.info, "Received redirect", [("location", location)]))
      verdict.log.append(LogEntry(.info, "Not following redirect"))
    }
    verdict.log.append(LogEntry(.info, "Received HTTP response", [("status_code", "\(answer.http.status)")]))
    checkStatus(of: answer, &verdict)
    checkHeaders(of: answer, &verdict)
    checkCompression(of: answer, &verdict)
    if verdict.failure == nil, checksBodyText { checkText(of: answer, compatibility, &verdict) }
    if verdict.failure == nil, checksBodyJSON { checkJSON(of: answer, compatibility, &verdict) }
    if let failure = answer.bodyFailure { verdict.fail(failure, "Failed to read HTTP response body") }
    checkVersion(of: answer, compatibility, &verdict)
    checkTLS(observation.facts.tls != nil, &verdict)
    return verdict
  }

  private static func publicURL(_ url: String) -> String {
    guard let mark = url.firstRange(of: "://"),
      let at = url[mark.upperBound...].prefix(while: { $0 != "/" && $0 != "?" }).lastIndex(of: "@")
    else { return url }
    return "\(url[..<mark.upperBound])\(url[url.index(after: at)...])"
  }

  // MARK: Head

  private func checkStatus(of answer: HTTPAnswer, _ verdict: inout ModuleVerdict) {
    let status = answer.http.status
    if validStatusCodes.isEmpty ? (200...299).contains(status) : validStatusCodes.contains(status) { return }
    let expected = validStatusCodes.isEmpty ? "2xx" : validStatusCodes.map(String.init).joined(separator: ", ")
    var fields = [("status_code", "\(status)")]
    if !validStatusCodes.isEmpty {
      fields.append(("valid_status_codes", "[\(validStatusCodes.map(String.init).joined(separator: " "))]"))
    }
    verdict.fail(
      answer.isRedirectedOn
        ? answer.failure
        : ProbeFailure(.expectationFailed, during: .receive, "status is \(status), expected \(expected)"),
      "Invalid HTTP response status code" + (validStatusCodes.isEmpty ? ", wanted 2xx" : ""), fields, .info)
  }

  private func checkHeaders(of answer: HTTPAnswer, _ verdict: inout ModuleVerdict) {
    for match in failIfHeaderMatches where verdict.failure == nil {
      let values = answer.values(of: match.header)
      if isMissing(match, values, &verdict) { continue }
      guard values.contains(where: { match.pattern.matches($0) }) else { continue }
      verdict.isRegexFailure = true
      verdict.fail(
        Self.expectation("header \(match.header) matches \"\(match.pattern.pattern)\", which it must not"),
        "Header matched regular expression", Self.fields(match, values))
    }
    for match in failIfHeaderNotMatches where verdict.failure == nil {
      let values = answer.values(of: match.header)
      if isMissing(match, values, &verdict) { continue }
      guard !values.contains(where: { match.pattern.matches($0) }) else { continue }
      verdict.isRegexFailure = true
      verdict.fail(
        Self.expectation("header \(match.header) does not match \"\(match.pattern.pattern)\""),
        "Header did not match regular expression", Self.fields(match, values))
    }
  }

  private func isMissing(_ match: HeaderMatch, _ values: [String], _ verdict: inout ModuleVerdict) -> Bool {
    guard values.isEmpty else { return false }
    if !match.allowsMissing {
      verdict.isRegexFailure = true
      verdict.fail(
        Self.expectation("header \(match.header) is missing"), "Missing required header", [("header", match.header)])
    }
    return true
  }

  private static func fields(_ match: HeaderMatch, _ values: [String]) -> [(String, String)] {
    [("header", match.header), ("regexp", match.pattern.pattern), ("value_count", "\(values.count)")]
  }

  // MARK: Body

  private func checkCompression(of answer: HTTPAnswer, _ verdict: inout ModuleVerdict) {
    let words = "Failed to get decompressor for HTTP response body"
    switch compression {
    case .unknown(let name):
      verdict.fail(
        ProbeFailure(
          .templateFailed, during: .receive, "compression \"\(name)\" is none; write gzip, br, deflate or identity"),
        words, [("err", "unsupported compression algorithm")], .info)
    case .gzip where answer.bodyFailure?.code == .protocolError && answer.http.size == 0:
      // What a gzip stream begins with is looked at before the checks of the body, which are then left out.
      if let failure = answer.bodyFailure { verdict.fail(failure, words, [("err", failure.words)], .info) }
    case .gzip, .br, .deflate, .identity, nil: break
    }
  }

  /// Whether upstream has no body to look at, having closed it, where we have one.
  private func isClosed(_ answer: HTTPAnswer, _ compatibility: Compatibility) -> Bool {
    answer.isRedirectedOn || compatibility == .strict && answer.isUnfollowedRedirect
  }

  private func isUnreadable(
    _ answer: HTTPAnswer, _ compatibility: Compatibility, _ verdict: inout ModuleVerdict
  ) -> Bool {
    if let failure = answer.bodyFailure {
      verdict.fail(failure, "Error reading HTTP body")
      return true
    }
    guard isClosed(answer, compatibility) else { return false }
    verdict.fail(
      Self.expectation("there is no body to check: the answer is a redirect"), "Error reading HTTP body",
      [("err", "http: read on closed response body")])
    return true
  }

  private func checkText(
    of answer: HTTPAnswer, _ compatibility: Compatibility, _ verdict: inout ModuleVerdict
  ) {
    verdict.isRegexFailure = true
    if isUnreadable(answer, compatibility, &verdict) { return }
    let body = answer.http.body
    if let pattern = failIfBodyMatches.first(where: { $0.matches(body) })?.pattern {
      verdict.fail(
        Self.expectation("the body matches \"\(pattern)\", which it must not"), "Body matched regular expression",
        [("regexp", pattern)])
    } else if let pattern = failIfBodyNotMatches.first(where: { !$0.matches(body) })?.pattern {
      verdict.fail(
        Self.expectation("the body does not match \"\(pattern)\""), "Body did not match regular expression",
        [("regexp", pattern)])
    } else {
      verdict.isRegexFailure = false
    }
  }

  private func checkJSON(
    of answer: HTTPAnswer, _ compatibility: Compatibility, _ verdict: inout ModuleVerdict
  ) {
    verdict.isCELFailure = true
    if isUnreadable(answer, compatibility, &verdict) { return }
    // Upstream's regular expressions have read the body to its end, and left nothing of it.
    let body = compatibility == .strict && checksBodyText ? [] : answer.http.body
    let value: Value
    do {
      value = try JSON.parse(body, dialect: .go)
    } catch {
      verdict.fail(
        Self.expectation("the body is no JSON: \(error)"), "Error unmarshalling HTTP body to JSON",
        [("err", "\(error)")])
      return
    }
    if let expression = failIfBodyJSONMatchesCEL {
      guard let holds = evaluate(expression, on: value, &verdict) else { return }
      if holds {
        return verdict.fail(
          Self.expectation("the body matches the CEL expression \(expression.source), which it must not"),
          "Body matched CEL expression", [("expression", expression.source)])
      }
    }
    if let expression = failIfBodyJSONNotMatchesCEL {
      guard let holds = evaluate(expression, on: value, &verdict) else { return }
      if !holds {
        return verdict.fail(
          Self.expectation("the body does not match the CEL expression \(expression.source)"),
          "Body did not match CEL expression", [("expression", expression.source)])
      }
    }
    verdict.isCELFailure = false
  }

  /// What an expression says of a body; nil where it says neither yes nor no.
  private func evaluate(_ expression: Expression, on body: Value, _ verdict: inout ModuleVerdict) -> Bool? {
    do throws(EvaluationError) {
      let result = try expression.evaluate(["body": body])
      if case .bool(let holds) = result { return holds }
      verdict.fail(
        Self.expectation("the CEL expression \(expression.source) gives a \(result.kind), and not true or false"),
        "CEL evaluation result is not a boolean", [("expression", expression.source)])
    } catch {
      verdict.fail(
        Self.expectation("the CEL expression \(expression.source) cannot be evaluated: \(error.message)"),
        "Error evaluating CEL expression", [("err", error.message)])
    }
    return nil
  }

  // MARK: The way

  private func checkVersion(
    of answer: HTTPAnswer, _ compatibility: Compatibility, _ verdict: inout ModuleVerdict
  ) {
    guard !validHTTPVersions.isEmpty else { return }
    let proto = answer.proto
    let isValid = validHTTPVersions.contains { version in
      // "HTTP/2" is what the protocol calls itself, and what upstream's own example says.
      version == proto || compatibility == .mended && version + ".0" == proto
    }
    guard !isValid else { return }
    verdict.fail(
      Self.expectation("the answer is in \(proto), expected \(validHTTPVersions.joined(separator: ", "))"),
      "Invalid HTTP version number", [("version", proto)])
  }

  private func checkTLS(_ wasOverTLS: Bool, _ verdict: inout ModuleVerdict) {
    if wasOverTLS, failsIfSSL {
      verdict.fail(Self.expectation("the final answer came over TLS"), "Final request was over SSL")
    } else if !wasOverTLS, failsIfNotSSL, verdict.failure == nil {
      verdict.fail(Self.expectation("the final answer did not come over TLS"), "Final request was not over SSL")
    }
  }

  private static func expectation(_ words: String) -> ProbeFailure {
    ProbeFailure(.expectationFailed, during: .receive, words)
  }
}

extension ModuleVerdict {
  /// Fails the probe, unless something failed it already, and logs upstream's words for it.
  ///
  /// - Parameter fields: the failure's own words where none are given.
  fileprivate mutating func fail(
    _ failure: ProbeFailure?, _ message: String, _ fields: [(String, String)]? = nil, _ level: LogEntry.Level = .error
  ) {
    if self.failure == nil { self.failure = failure }
    log.append(LogEntry(level, message, fields ?? failure.map { [("err", $0.words)] } ?? []))
  }
}
