import Model
import Synchronization

/// A prober that answers by a script, one line of it for each attempt; the last line is repeated.
final class ScriptedProber: Prober {
  typealias Line = @Sendable (ProbeSpec, ProbeContext) async -> Observation

  /// What it was asked.
  struct Request: Sendable {
    var spec: ProbeSpec
    var context: ProbeContext
  }

  private let script: [Line]
  private let asked = Mutex<[Request]>([])
  private let sessions = Mutex<[Session]>([])

  /// One session that it gave.
  struct Session: Hashable, Sendable {
    var reusesConnections: Bool
    var ends = 0
    /// How many requests came before its end.
    var requests = 0
  }

  init(_ script: [Line]) {
    self.script = script
  }

  /// Answers without delay.
  convenience init(_ observations: Observation...) {
    self.init(observations.map { observation in { _, _ in observation } })
  }

  /// All that it was asked, in order.
  var requests: [Request] { asked.withLock { $0 } }

  func probe(_ spec: ProbeSpec, in context: ProbeContext) async -> Observation {
    let place = asked.withLock { asked in
      asked.append(Request(spec: spec, context: context))
      return min(asked.count, script.count) - 1
    }
    return await script[place](spec, context)
  }

  /// All sessions, in the order in which they began.
  var allSessions: [Session] { sessions.withLock { $0 } }

  func session(reusingConnections: Bool) -> any ProbeSession {
    let number = sessions.withLock { sessions in
      sessions.append(Session(reusesConnections: reusingConnections))
      return sessions.count - 1
    }
    return ScriptedSession(prober: self, number: number)
  }

  fileprivate func note(session number: Int, _ change: (inout Session) -> Void) {
    sessions.withLock { change(&$0[number]) }
  }

  /// Answers by the path of the URL.
  convenience init(paths: @escaping @Sendable (String) async -> Observation) {
    self.init([{ spec, _ in await paths(spec.path) }])
  }

  /// The paths that it was asked for, in order.
  var paths: [String] { requests.map(\.spec.path) }
}

/// A session that answers by the script of its prober.
struct ScriptedSession: ProbeSession {
  let prober: ScriptedProber
  let number: Int

  func probe(_ spec: ProbeSpec, in context: ProbeContext) async -> Observation {
    prober.note(session: number) { $0.requests += 1 }
    return await prober.probe(spec, in: context)
  }

  func end() async { prober.note(session: number) { $0.ends += 1 } }
}

extension ProbeSpec {
  /// The path of an HTTP probe's URL, after its method where that is not GET.
  var path: String {
    guard case .http(let http) = self else { return "" }
    let path = http.url.split(separator: "/", omittingEmptySubsequences: false).dropFirst(3).joined(separator: "/")
    return http.method == "GET" ? "/\(path)" : "\(http.method) /\(path)"
  }
}

extension Observation {
  /// An HTTP answer.
  static func http(
    _ status: Int, _ body: String = "", headers: [HeaderField] = [], took: Duration = .milliseconds(20),
    tls: TLSFacts? = nil
  ) -> Observation {
    Observation(
      facts: Facts(
        phases: Phases(wait: took), ip: "127.0.0.1", tls: tls,
        detail: .http(
          HTTPFacts(
            status: status, headers: headers, body: Array(body.utf8), url: "http://shop.example/", version: "1.1"))))
  }

  /// An exchange that ended before there was an answer.
  static func failed(
    _ code: ReasonCode, during phase: Phase = .connect, _ message: String = "it did not work",
    quote: String = "", detail: Facts.Detail = .http(HTTPFacts(url: "http://shop.example/")), tls: TLSFacts? = nil
  ) -> Observation {
    Observation(
      facts: Facts(phases: Phases(connect: .milliseconds(5)), tls: tls, detail: detail),
      failure: ProbeFailure(code, during: phase, message, quote: quote))
  }
}
