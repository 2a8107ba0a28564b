import Journeys
import Model

/// What went over the wire in one step, as far as it got: a few lines without colours, safe to print.
struct ExchangeText {
  let step: StepResult
  let traceID: String
  /// How many attempts the check has.
  let attempts: Int

  /// Request and response in a line each, and with their heads in more.
  func lines(withHeads: Bool) -> [String] {
    guard let facts = step.facts else { return [] }
    var lines: [String] = []
    switch facts.detail {
    case .http(let http):
      lines.append(
        "request  \(http.method) \(HumanText.escaped(http.url))   "
          // A step that polls has as many attempts as it takes.
          + "attempt \(step.attempts) of \(max(attempts, step.attempts))   trace \(traceID.prefix(8))…")
      if http.status > 0 { lines.append("response \(response(http))") }
      if withHeads { lines += HTTPHeads(http).lines }
    case .socket(let socket) where !socket.received.isEmpty:
      lines.append("received " + quoted(socket.received))
    case .websocket(let web):
      if web.status > 0 { lines.append("handshake \(web.status)") }
      if !web.socket.received.isEmpty { lines.append("received " + quoted(web.socket.received)) }
    case .grpc(let grpc):
      if let status = grpc.status {
        let message = grpc.statusMessage.isEmpty ? "" : ": " + quoted(Array(grpc.statusMessage.utf8))
        lines.append("status   \(GRPCStatus.text(status))\(message)")
      }
      if !grpc.serving.isEmpty { lines.append("serving  \(grpc.serving)") }
    case .exec(let exec):
      lines.append("exit code \(exec.exitCode)")
      if !exec.stdout.isEmpty { lines.append("stdout   " + quoted(exec.stdout)) }
      if !exec.stderr.isEmpty { lines.append("stderr   " + quoted(exec.stderr)) }
    case .dns(let dns) where !dns.rcode.isEmpty:
      lines.append("answer   \(dns.rcode), \(dns.answers.count) records over \(dns.transport.rawValue)")
      for record in dns.answers.prefix(8) {
        lines.append(
          "         "
            + HumanText.escaped("\(record.name) \(record.ttl) \(record.type) \(record.data)"))
      }
    case .icmp(let icmp) where withHeads || step.isFailed:
      lines.append("packets  \(icmp.received) of \(icmp.sent) came back")
    case .socket, .dns, .icmp, .tls: break
    }
    if let tls = facts.tls, !tls.isVerified || withHeads, let leaf = tls.chain.first {
      lines.append("certificate \(HumanText.escaped(leaf.subject)) until \(leaf.notAfter.rfc3339(fractionDigits: 0))")
      if !tls.verifyError.isEmpty { lines.append("not verified: \(HumanText.escaped(tls.verifyError))") }
    }
    return lines
  }

  private func response(_ http: HTTPFacts) -> String {
    var text = "\(http.status)"
    if !http.statusText.isEmpty { text += " \(HumanText.escaped(http.statusText))" }
    if !http.contentType.isEmpty { text += ", \(HumanText.escaped(http.contentType))" }
    text += ", \(HumanText.size(http.size))"
    if !http.body.isEmpty { text += ": " + quoted(http.body) }
    return text
  }

  private func quoted(_ bytes: [UInt8]) -> String {
    let text = HumanText.escaped(String(decoding: bytes.prefix(200), as: UTF8.self))
    return "\"\(text.prefix(120))" + (text.count > 120 || bytes.count > 200 ? "…\"" : "\"")
  }
}

/// The heads of request and response, a line each, with the marks of curl's `--verbose`.
struct HTTPHeads {
  /// The head of the last request.
  let request: [String]
  /// The head of the response; empty before there was one.
  let response: [String]

  init(_ http: HTTPFacts) {
    let version = http.version.isEmpty ? "" : " HTTP/\(http.version)"
    request =
      ["\(HumanText.escaped(http.method)) \(HumanText.escaped(http.url))\(version)"] + Self.lines(http.requestHeaders)
    response =
      http.status > 0
      ? ["HTTP/\(http.version) \(http.status) \(HumanText.escaped(http.statusText))"] + Self.lines(http.headers) : []
  }

  var lines: [String] { request.map { "> \($0)" } + response.map { "< \($0)" } }

  private static func lines(_ fields: [HeaderField]) -> [String] {
    fields.map { "\(HumanText.escaped($0.name)): \(HumanText.escaped($0.value))" }
  }
}
