import Blackbox
import Expressions
import Model

/// A module with what a test changes of it, and answers for it to judge.
struct HTTPModuleHarness {
  var module: BlackboxModule
  var compatibility: Compatibility
  var environment: [String: String] = [:]
  var files: [String: String] = [:]

  init(_ compatibility: Compatibility = .mended, _ change: (inout HTTPModule) throws -> Void = { _ in }) rethrows {
    module = BlackboxModule(prober: .http)
    self.compatibility = compatibility
    try change(&module.http)
  }

  func spec(for target: String, hostname: String? = nil) throws -> HTTPSpec {
    let files = files
    let surroundings = ModuleSurroundings(
      compatibility: compatibility, environment: environment, userAgent: "Curlew/test"
    ) { path in
      files[path].map { .success(Array($0.utf8)) } ?? .failure(ModuleFault(.internal, "\(path) cannot be read"))
    }
    let spec = try module.http.spec(for: ProbeRequest(target: target, hostname: hostname), in: surroundings)
    guard case .http(let spec) = spec else { throw ModuleFault(.internal, "no http") }
    return spec
  }

  func report(
    _ http: HTTPFacts = .answer(), phases: Phases = .each(.milliseconds(1)), ip: String = "192.0.2.1",
    tls: TLSFacts? = nil, failure: ProbeFailure? = nil
  ) throws -> ProbeReport {
    module.report(
      on: Observation(facts: Facts(phases: phases, ip: ip, tls: tls, detail: .http(http)), failure: failure),
      spec: .http(try spec(for: "shop.example")), fault: nil, took: .seconds(1), timeout: .seconds(5), compatibility)
  }

  /// The expression over the variable `body`.
  static func cel(_ source: String) throws -> Expression {
    try Environment(variables: ["body": .dyn]).compile(source)
  }

  /// An answer after redirects.
  static func redirected(_ count: Int, firstIP: String, last: Phases) -> HTTPFacts {
    var facts = HTTPFacts.answer()
    facts.redirects = count
    facts.hops = HTTPFacts.Hops(firstIP: firstIP, firstResolve: .milliseconds(3), last: last)
    return facts
  }
}

extension HTTPFacts {
  static func answer(
    _ status: Int = 200, _ fields: [(String, String)] = [], body: String = "", version: String = "1.1",
    method: String = "GET"
  ) -> HTTPFacts {
    HTTPFacts(
      status: status, headers: fields.map { HeaderField($0.0, $0.1) }, body: Array(body.utf8),
      url: "http://shop.example/", method: method, version: version)
  }
}

extension Phases {
  static func each(_ duration: Duration) -> Phases {
    Phases(resolve: duration, connect: duration, tls: duration, wait: duration, receive: duration)
  }
}
