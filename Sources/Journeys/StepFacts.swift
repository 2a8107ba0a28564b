import Expressions
import Model
import Synchronization

/// What one step of a journey saw, for the steps after it: `steps.NAME`. A value is made when an expression first asks for it, so
/// that a body which nobody reads costs no more than its bytes.
final class StepFacts: LazyMembers {
  private struct State {
    var observation: Observation
    var values: [String: Value] = [:]
    var hasBody = true
  }

  /// What is made of a body, and goes with it.
  private static let bodies: Set<String> = [
    "body", "body_bytes", "json", "received", "received_bytes", "stdout", "stderr",
  ]

  /// How many bytes its body holds.
  let bodySize: Int
  private let attempt: Int
  private let moment: Timestamp
  private let state: Mutex<State>

  /// - Parameter moment: when the exchange was over, against which expiry is counted.
  init(_ observation: Observation, attempt: Int, at moment: Timestamp) {
    bodySize = observation.facts.bodySize
    self.attempt = attempt
    self.moment = moment
    state = Mutex(State(observation: observation))
  }

  var names: [String] { bindings.names }

  func member(_ name: String) throws(EvaluationError) -> Value? {
    let (known, hasBody) = state.withLock { ($0.values[name], $0.hasBody) }
    if let known { return known }
    if !hasBody, Self.bodies.contains(name) {
      throw EvaluationError(
        .host,
        "\(name): the body is not kept so long; a run keeps the newest \(KeptBodies.limit >> 20) MiB of its steps. Capture what is needed of it"
      )
    }
    let value = try bindings.value(of: name)
    state.withLock { state in
      if state.hasBody || !Self.bodies.contains(name) { state.values[name] = value }
    }
    return value
  }

  /// Lets go of the body and of all that was made of it.
  func dropBody() {
    state.withLock { state in
      state.hasBody = false
      state.observation.facts.dropBody()
      for name in Self.bodies { state.values[name] = nil }
    }
  }

  private var bindings: FactBindings {
    FactBindings(state.withLock { $0.observation }, attempt: attempt, now: moment)
  }
}

/// Bounds what the steps of one run hold for those after them: of ten thousand bodies of ten megabytes, the newest.
struct KeptBodies: Sendable {
  /// How many bytes of bodies are kept at most, but for the newest one.
  static let limit = 32 << 20

  private var steps: [(name: String, facts: StepFacts)] = []
  /// Where the oldest is that still has its body.
  private var oldest = 0
  private var size = 0

  /// Takes in what a step saw, in place of what the attempt before it saw.
  mutating func add(_ facts: StepFacts, of name: String) {
    guard facts.bodySize > 0 else { return }
    if let last = steps.last, last.name == name, oldest < steps.count {
      size -= last.facts.bodySize
      steps.removeLast()
    }
    steps.append((name, facts))
    size += facts.bodySize
    while size > Self.limit, oldest < steps.count - 1 {
      let step = steps[oldest].facts
      step.dropBody()
      size -= step.bodySize
      oldest += 1
    }
  }
}

extension Facts {
  /// How many bytes of what the target sent are held.
  fileprivate var bodySize: Int {
    switch detail {
    case .http(let http): http.body.count
    case .socket(let socket): socket.received.count
    case .exec(let exec): exec.stdout.count + exec.stderr.count
    case .websocket(let web): web.socket.received.count
    case .tls, .dns, .icmp, .grpc: 0
    }
  }

  /// Forgets what the target sent, and keeps what was said about it.
  fileprivate mutating func dropBody() {
    switch detail {
    case .http(var http):
      http.show(body: [])
      detail = .http(http)
    case .socket(var socket):
      socket.received = []
      detail = .socket(socket)
    case .exec(var exec):
      exec.stdout = []
      exec.stderr = []
      detail = .exec(exec)
    case .websocket(var web):
      web.socket.received = []
      detail = .websocket(web)
    case .tls, .dns, .icmp, .grpc: break
    }
  }
}
