import Model
import Transport

/// One call of `Health/Check` on its way (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). Lives on its
/// deadline's loop.
struct GRPCCall {
  /// An answer of the health service has a few bytes.
  private static let maxAnswerBytes = 64 << 10

  private let spec: GRPCSpec
  private let context: ProbeContext
  private let equipment: ProbeEquipment
  private let deadline: Deadline

  private var phases = Phases()
  private var ip = ""
  private var tls: TLSFacts?
  private var facts = GRPCFacts()

  /// What ends a call early.
  private struct Stop: Error {
    let failure: ProbeFailure

    init(_ failure: ProbeFailure) {
      self.failure = failure
    }
  }

  init(_ spec: GRPCSpec, context: ProbeContext, equipment: ProbeEquipment, deadline: Deadline) {
    self.spec = spec
    self.context = context
    self.equipment = equipment
    self.deadline = deadline
  }

  mutating func run() async -> Observation {
    var failure: ProbeFailure?
    do throws(Stop) {
      try await call()
    } catch {
      failure = error.failure
    }
    return Observation(facts: Facts(phases: phases, ip: ip, tls: tls, detail: .grpc(facts)), failure: failure)
  }

  private mutating func call() async throws(Stop) {
    let url = try url()
    let tls = try tlsOptions()
    let session: HTTPSession
    do throws(TransportFault) {
      session = try equipment.http.session(deadline)
    } catch {
      throw Stop(ProbeFailure(.internal, during: .resolve, error.description))
    }
    defer { session.end() }
    // What was read from disk is no time of the target's.
    session.restartClock()
    let addresses: [IPAddress]
    do throws(ResolutionFailure) {
      addresses = try await equipment.addresses(
        of: url.host, port: Int(url.port), family: spec.family, under: context.policy, deadline: deadline)
    } catch {
      phases = session.phasesSoFar()
      throw Stop(error.probeFailure)
    }
    if addresses.count == 1 { ip = addresses[0].description }
    if let fault = spec.metadata.lazy.compactMap({ GRPCMetadata.fault(in: $0) }).first {
      phases = session.phasesSoFar()
      throw Stop(ProbeFailure(.templateFailed, during: .connect, fault))
    }
    let exchange = await session.exchange(
      HTTPRequest(
        url: url, method: "POST", headers: headers(), body: .bytes(HealthMessage.request(service: spec.service)),
        version: .v2, route: .direct(addresses, port: url.port), tls: tls, decodesContent: false,
        maxBodyBytes: Self.maxAnswerBytes))
    phases = exchange.phases
    if !exchange.ip.isEmpty { ip = exchange.ip }
    self.tls = exchange.tls
    if var failure = exchange.failure {
      // What libcurl makes of other words than HTTP/2's says little.
      if failure.code == .protocolError, exchange.status == 0 {
        failure.message = "\(spec.target) does not answer in HTTP/2: \(failure.message)"
      }
      throw Stop(failure)
    }
    try take(exchange)
  }

  // MARK: What is sent

  private func url() throws(Stop) -> HTTPURL {
    let scheme = spec.tls == nil ? "http" : "https"
    // The host is made a part of a URL, and must be no more of it than the host.
    if !spec.target.host.utf8.contains(where: { "/?#@\\".utf8.contains($0) }),
      let url = try? HTTPURL("\(scheme)://\(spec.target)/grpc.health.v1.Health/Check")
    {
      return url
    }
    throw Stop(
      ProbeFailure(
        .templateFailed, during: .resolve, "target \(Words.quoted(spec.target.description)) is no host and port"))
  }

  private func tlsOptions() throws(Stop) -> HTTPTLS? {
    guard let options = spec.tls else { return nil }
    do throws(TLSSettingsFailure) {
      return HTTPTLS(
        settings: try equipment.tls.settings(for: options, folder: context.folder), verify: options.verify,
        serverName: options.serverName)
    } catch {
      throw Stop(error.probeFailure)
    }
  }

  private func headers() -> [HeaderField] {
    // At most eight digits ("TimeoutValue"); a deadline that is over is found before anything is sent.
    let milliseconds = min(99_999_999, max(1, deadline.remaining.nanoseconds / 1_000_000))
    var headers = [
      HeaderField("te", "trailers"), HeaderField("content-type", "application/grpc"),
      HeaderField("grpc-timeout", "\(milliseconds)m"),
    ]
    func addUnlessGiven(_ name: String, _ value: String) {
      if !spec.metadata.contains(where: { $0.name == name }) { headers.append(HeaderField(name, value)) }
    }
    addUnlessGiven("user-agent", equipment.userAgent)
    if let traceparent = context.traceparent { addUnlessGiven("traceparent", traceparent) }
    return headers + spec.metadata
  }

  // MARK: What came

  private mutating func take(_ exchange: HTTPExchange) throws(Stop) {
    guard let text = exchange.values(of: "grpc-status").last else { return try takeAnswerWithoutStatus(exchange) }
    guard let status = Int(text), (0...Int(Int32.max)).contains(status) else {
      throw refusal("sent a grpc-status that is no number", quote: ": \(Words.quoted(text))")
    }
    facts.status = status
    facts.statusMessage = Self.decoded(exchange.values(of: "grpc-message").last ?? "")
    guard status == GRPCStatus.ok else { return }
    do throws(HealthMessage.Malformation) {
      facts.serving = try HealthMessage.serving(in: exchange.body)
    } catch {
      throw refusal(error.words)
    }
  }

  /// A proxy in front of the server, or no gRPC server at all.
  private mutating func takeAnswerWithoutStatus(_ exchange: HTTPExchange) throws(Stop) {
    facts.status = GRPCStatus.code(forHTTPStatus: exchange.status)
    facts.statusMessage = "HTTP status \(exchange.status) without a grpc-status"
    guard exchange.status == 200 else { return }
    let type = exchange.values(of: "content-type").first
    throw Stop(
      ProbeFailure(
        .protocolError, during: .receive, "\(spec.target) answered without a grpc-status",
        quote: type.map { "; its content-type is \(Words.quoted($0))" } ?? ""))
  }

  /// An answer that libraries of gRPC call INTERNAL.
  private mutating func refusal(_ words: String, quote: String = "") -> Stop {
    facts.status = GRPCStatus.internal
    return Stop(ProbeFailure(.protocolError, during: .receive, "\(spec.target) \(words)", quote: quote))
  }

  /// Takes percent-encoding off ("Status-Message"); what is none stays as it is.
  private static func decoded(_ message: String) -> String {
    let bytes = Array(message.utf8)
    guard bytes.contains(UInt8(ascii: "%")) else { return message }
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = hexDigit(bytes[index + 1]),
        let low = hexDigit(bytes[index + 2])
      {
        result.append(high << 4 | low)
        index += 3
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }
}
