import Expressions
import Journeys
import Model
import Scenarios
import Testing

@Suite("The names of facts")
struct FactNamesTests {
  private static let tls = TLSFacts(
    version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", alpn: "h2", isVerified: true, chain: untrusted.chain)

  /// An exchange of each kind that showed everything there is.
  static let complete: [(ProbeKind, Facts)] = [
    (
      .http,
      Facts(
        phases: Phases(), tls: tls,
        detail: .http(
          HTTPFacts(
            status: 200, headers: [HeaderField("Set-Cookie", "a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT")],
            body: Array("{}".utf8), url: "http://shop.example/")))
    ),
    (.tcp, Facts(phases: Phases(), tls: tls, detail: .socket(SocketFacts(matches: ["banner": "x"])))),
    (.unix, Facts(phases: Phases(), tls: tls, detail: .socket(SocketFacts(matches: ["banner": "x"])))),
    (.udp, Facts(phases: Phases(), detail: .socket(SocketFacts(matches: ["banner": "x"], isDatagram: true)))),
    (.tls, Facts(phases: Phases(), tls: tls, detail: .tls)),
    (
      .dns,
      Facts(
        phases: Phases(),
        detail: .dns(
          DNSFacts(
            rcode: "NOERROR",
            answers: [DNSRecord(name: "a.example.", type: "A", recordClass: "IN", ttl: 60, data: "192.0.2.1")])))
    ),
    (.icmp, Facts(phases: Phases(), detail: .icmp(ICMPFacts(sent: 2, received: 1, roundTrips: [.milliseconds(3)])))),
    (.grpc, Facts(phases: Phases(), tls: tls, detail: .grpc(GRPCFacts(status: 0, serving: "SERVING")))),
    (
      .websocket,
      Facts(
        phases: Phases(), tls: tls,
        detail: .websocket(
          WebSocketFacts(status: 101, isUpgraded: true, socket: SocketFacts(matches: ["banner": "x"]))))
    ),
    (.exec, Facts(phases: Phases(), detail: .exec(ExecFacts(exitCode: 0, metrics: ["load": 0.5])))),
  ]

  private func bindings(_ facts: Facts) -> FactBindings {
    FactBindings(Observation(facts: facts), attempt: 1, now: Timestamp(secondsSinceEpoch: 1_767_225_600))
  }

  @Test("are those that expressions were compiled against, of each kind", arguments: complete)
  func declared(kind: ProbeKind, facts: Facts) {
    #expect(Set(bindings(facts).names) == Set(FactDeclarations.facts(of: kind).keys))
  }

  @Test("have values of the types that expressions were compiled against", arguments: complete)
  func types(kind: ProbeKind, facts: Facts) throws {
    let bindings = bindings(facts)
    for (name, type) in FactDeclarations.facts(of: kind) {
      let value = try #require(try bindings.value(of: name), "\(kind) \(name)")
      #expect(value.fits(type), "\(kind) \(name): \(value) is no \(type)")
    }
  }

  @Test(
    "have values for every certificate, one that ends before the time that can be told too",
    arguments: [Int64.min, .max])
  func anyCertificate(end: Int64) throws {
    var tls = Self.tls
    let known = try #require(untrusted.chain.first)
    tls.chain = [
      Certificate(
        subject: known.subject, issuer: known.issuer, serial: known.serial, names: known.names,
        notBefore: Timestamp(nanosecondsSinceEpoch: .min), notAfter: Timestamp(nanosecondsSinceEpoch: end),
        fingerprintSHA256: known.fingerprintSHA256, key: known.key, signature: known.signature)
    ]
    let facts = Facts(phases: Phases(), tls: tls, detail: .tls)
    #expect(try bindings(facts).value(of: "certificate") != nil)
    #expect(try bindings(facts).value(of: "chain") != nil)
    let record = FactRecord.value(of: facts, attempt: 1, at: SystemTime().now)
    #expect(try JSON.write(record).contains("\"expires_in\""))
  }

  @Test("end there: what is not declared is not answered", arguments: complete)
  func undeclared(kind: ProbeKind, facts: Facts) throws {
    let all = Set(FactDeclarations.facts(of: .http).keys).union(FactDeclarations.facts(of: .dns).keys)
      .union(FactDeclarations.facts(of: .icmp).keys).union(FactDeclarations.facts(of: .exec).keys)
      .union(FactDeclarations.facts(of: .tcp).keys).union(["vars", "now", ""])
    for name in all.subtracting(FactDeclarations.facts(of: kind).keys) {
      #expect(try bindings(facts).value(of: name) == nil, "\(kind) \(name)")
    }
  }

  @Test("of an answer end in an error when there was none, which says why")
  func noAnswer() {
    let observation = Observation.failed(.connectRefused, "connection to 127.0.0.1:81 refused")
    let bindings = FactBindings(observation, attempt: 1, now: Timestamp(secondsSinceEpoch: 0))
    for name in ["status", "body", "json", "headers", "certificate", "verified"] {
      let error = #expect(throws: EvaluationError.self) { try bindings.value(of: name) }
      #expect(error?.message.hasSuffix(": connection to 127.0.0.1:81 refused") == true)
    }
    #expect(Set(bindings.names) == ["elapsed", "phases", "ip", "attempt", "url", "redirects"])
  }

  @Test("of a DNS answer end in an error when there was none")
  func noDNSAnswer() {
    let observation = Observation.failed(.timeout, "no answer in 1s", detail: .dns(DNSFacts()))
    let bindings = FactBindings(observation, attempt: 1, now: Timestamp(secondsSinceEpoch: 0))
    #expect(throws: EvaluationError.self) { try bindings.value(of: "rcode") }
  }
}

extension Value {
  /// Whether an expression that was compiled for the type can take the value.
  fileprivate func fits(_ type: ValueType) -> Bool {
    switch (self, type) {
    case (_, .dyn), (.null, .null), (.bool, .bool), (.int, .int), (.uint, .uint), (.double, .double),
      (.string, .string), (.bytes, .bytes), (.timestamp, .timestamp), (.duration, .duration):
      return true
    case (.list(let items), .list(let element)): return items.allSatisfy { $0.fits(element) }
    case (.map(let map), .map(key: .string, let element)):
      return map.names.count == map.count && map.names.allSatisfy { map[$0]?.fits(element) ?? false }
    case (.map(let map), .record(let record)):
      return Set(map.names) == Set(record.fields.keys)
        && map.names.allSatisfy { name in record.fields[name].flatMap { map[name]?.fits($0) } ?? false }
    default: return false
    }
  }
}
