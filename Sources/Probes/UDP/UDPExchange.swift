import Expressions
import Glibc
import Model
import Transport

/// The datagrams of one probe. Lives on its deadline's loop.
struct UDPExchange {
  /// How much of what came is kept.
  private static let maxReceivedBytes = 1 << 20
  /// How long the machine of the target has to refuse a datagram that nothing is waited for after.
  private static let refusalNanoseconds: Int64 = 250_000_000

  private let spec: UDPSpec
  private let equipment: ProbeEquipment
  private let policy: TargetPolicy?
  private let deadline: Deadline

  private var clock: PhaseClock
  private var facts = SocketFacts(isDatagram: true)
  private var ip = ""
  /// Whom messages speak of: `127.0.0.1:123`.
  private var peer = ""
  /// The last datagram that was passed over.
  private var last: [UInt8]?
  private var hasReceived = false

  /// What ends an exchange early.
  private struct Ending: Error {
    var failure: ProbeFailure

    init(_ failure: ProbeFailure) {
      self.failure = failure
    }
  }

  init(_ spec: UDPSpec, equipment: ProbeEquipment, policy: TargetPolicy?, deadline: Deadline) {
    self.spec = spec
    self.equipment = equipment
    self.policy = policy
    self.deadline = deadline
    clock = PhaseClock(start: deadline.start)
  }

  mutating func run() async -> Observation {
    var failure: ProbeFailure?
    do throws(Ending) {
      try await exchange()
    } catch {
      failure = error.failure
    }
    return Observation(facts: Facts(phases: clock.phases(), ip: ip, detail: .socket(facts)), failure: failure)
  }

  private mutating func exchange() async throws(Ending) {
    let source: SourceAddress
    do throws(ProbeFailure) {
      source = try SourceAddress(spec.sourceIP, for: spec.family)
    } catch {
      throw Ending(error)
    }
    let addresses: [IPAddress]
    do throws(ResolutionFailure) {
      addresses = try await equipment.addresses(
        of: spec.target.host, port: spec.target.port, family: source.family, under: policy, deadline: deadline)
    } catch {
      throw Ending(error.probeFailure)
    }
    var failed: Ending?
    for address in addresses {
      do throws(Ending) {
        return try await converse(with: address, from: source.address)
      } catch {
        // An address whose machine says that nobody listens there is followed by the next, as a connection would be.
        let isWayBarred = error.failure.code == .connectRefused || error.failure.code == .connectFailed
        guard isWayBarred, !hasReceived else { throw error }
        failed = error
      }
    }
    if let failed { throw failed }
  }

  private mutating func converse(with address: IPAddress, from source: IPAddress?) async throws(Ending) {
    ip = address.description
    let target = SocketAddress(address, port: UInt16(clamping: spec.target.port))
    peer = target.description
    clock.enter(.connect)
    let socket: DatagramSocket
    do throws(DatagramFailure) {
      socket = try DatagramSocket(to: target, from: source, deadline: deadline)
    } catch {
      throw ending(error, late: "no socket")
    }
    defer { socket.close() }
    clock.enter(.wait)
    switch spec.exchange {
    case .none: return
    case .message(let bytes, let end):
      if let bytes { try send(bytes, over: socket) }
      if let end { try await receive(end, over: socket) } else { try await awaitRefusal(on: socket) }
    case .dialogue(let steps): try await say(steps, over: socket)
    }
  }

  // MARK: Dialogues

  private mutating func say(_ steps: [DialogueStep], over socket: DatagramSocket) async throws(Ending) {
    var groups = GroupExpansion()
    for step in steps {
      switch step {
      case .send(let text): try send(Array(groups.expand(text).utf8), over: socket)
      case .sendBytes(let bytes): try send(bytes, over: socket)
      case .expect(let text, let labels):
        let pattern = try pattern(text)
        let (line, match) = try await line(matching: pattern, over: socket)
        groups.add(match, of: pattern, in: line)
        facts.note(line, groups, labels: labels)
      case .expectBytes(let wanted): try await expect(wanted, over: socket)
      case .newEntry: groups = GroupExpansion()
      case .startTLS: throw ending(.templateFailed, "there is no TLS over datagrams")
      }
    }
    switch steps.last {
    case .expect, .expectBytes: return
    default: try await awaitRefusal(on: socket)
    }
  }

  private mutating func line(
    matching pattern: RegularExpression, over socket: DatagramSocket
  ) async throws(Ending) -> (String, RegularExpression.Match) {
    while true {
      let datagram: [UInt8]
      do throws(Ending) {
        datagram = try await next(over: socket, wanted: "no datagram matched \(Words.quoted(pattern.pattern))")
      } catch {
        facts.unmet = .pattern
        throw error
      }
      facts.keep(datagram, atMost: Self.maxReceivedBytes)
      let line = String(decoding: Self.withoutLineEnd(datagram), as: UTF8.self)
      if let match = pattern.firstMatch(in: line) { return (line, match) }
      last = datagram
    }
  }

  /// A datagram without the line end that protocols of lines put at its end.
  private static func withoutLineEnd(_ datagram: [UInt8]) -> ArraySlice<UInt8> {
    var line = datagram[...]
    if line.last == UInt8(ascii: "\n") {
      line.removeLast()
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
    }
    return line
  }

  private mutating func expect(_ wanted: [UInt8], over socket: DatagramSocket) async throws(Ending) {
    let datagram: [UInt8]
    do throws(Ending) {
      datagram = try await next(over: socket, wanted: "no datagram with the expected bytes came")
    } catch {
      facts.unmet = .bytes
      throw error
    }
    facts.keep(datagram, atMost: Self.maxReceivedBytes)
    guard datagram == wanted else {
      facts.unmet = .otherBytes
      throw ending(
        .expectationFailed, "\(peer) sent other bytes than the expected \(Words.quoted(wanted))",
        quote: ": \(Words.quoted(datagram))")
    }
  }

  // MARK: One message

  /// Waits for a datagram that is what is waited for, and keeps it.
  private mutating func receive(_ end: ReceiveUntil, over socket: DatagramSocket) async throws(Ending) {
    let wanted: String
    var pattern: RegularExpression?
    switch end {
    case .text(let text): wanted = "no datagram with the text \(Words.quoted(text)) came"
    case .bytes(let count): wanted = "no datagram of \(count) bytes came"
    case .pattern(let text):
      pattern = try self.pattern(text)
      wanted = "no datagram matched \(Words.quoted(text))"
    }
    while true {
      let datagram = try await next(over: socket, wanted: wanted)
      facts.received = datagram
      switch end {
      case .text(let text):
        var finder = TextFinder(Array(text.utf8))
        if finder.end(in: datagram[...]) != nil { return }
      case .bytes(let count): if datagram.count >= count { return }
      case .pattern:
        if let pattern, let match = pattern.firstMatch(in: datagram) {
          for (name, index) in pattern.groupNames where index < match.groups.count {
            facts.matches[name] = match.groups[index].map { String(decoding: datagram[$0], as: UTF8.self) } ?? ""
          }
          return
        }
      }
      last = datagram
    }
  }

  // MARK: Datagrams

  private mutating func send(_ bytes: [UInt8], over socket: DatagramSocket) throws(Ending) {
    do throws(DatagramFailure) {
      try socket.send(bytes)
    } catch {
      if case .socket(let fault) = error, fault.errno == EMSGSIZE {
        throw ending(.connectFailed, "a datagram with \(bytes.count) bytes is too large for the way to \(peer)")
      }
      throw ending(error, late: "a datagram was not sent")
    }
  }

  /// The next datagram, whatever it is. Each wait lets others of the loop go on, so that a flood holds nobody up.
  private mutating func next(over socket: DatagramSocket, wanted: String) async throws(Ending) -> [UInt8] {
    while true {
      do throws(DatagramFailure) {
        _ = try await socket.wait()
        guard let datagram = try socket.receive() else { continue }
        if clock.phase == .wait { clock.enter(.receive) }
        hasReceived = true
        return datagram
      } catch {
        throw ending(error, late: wanted)
      }
    }
  }

  /// Waits a moment for the report that nobody listens there (RFC 1122 section 4.1.3.1), where no answer would show it.
  private mutating func awaitRefusal(on socket: DatagramSocket) async throws(Ending) {
    let end = min(EventLoop.now + Self.refusalNanoseconds, deadline.end - 1)
    do throws(DatagramFailure) {
      while try await socket.wait(until: end) {
        if let datagram = try socket.receive() {
          facts.keep(datagram, atMost: Self.maxReceivedBytes)
          return
        }
      }
    } catch {
      if case .wait(.deadline) = error { return }
      throw ending(error, late: "")
    }
  }

  // MARK: Failing

  private func pattern(_ text: String) throws(Ending) -> RegularExpression {
    do throws(RegularExpressionError) {
      return try equipment.patterns.pattern(text)
    } catch {
      throw ending(.templateFailed, error.description)
    }
  }

  private func ending(_ code: ReasonCode, _ message: String, quote: String = "") -> Ending {
    Ending(ProbeFailure(code, during: clock.phase, message, quote: quote))
  }

  private func ending(_ failure: DatagramFailure, late: String) -> Ending {
    switch failure {
    case .wait(.cancelled): return ending(.cancelled, "the run was cancelled")
    case .wait(.deadline):
      let time = Words.duration(.nanoseconds(deadline.end - deadline.start))
      let quote = last.map { "; the last one was \(Words.quoted($0))" } ?? "; none came"
      return ending(.timeout, "\(late) within \(time) (\(spec.target))", quote: quote)
    case .socket(let fault):
      let words = SystemError.words(fault.errno)
      if fault.call == "bind", let source = spec.sourceIP {
        return ending(.internal, "source_ip \(Words.quoted(source)) cannot be used to reach \(peer): \(words)")
      }
      if fault.errno == ECONNREFUSED {
        return ending(.connectRefused, "\(peer) refused the datagram: nobody listens there")
      }
      return ending(fault.isOurs ? .internal : .connectFailed, "\(peer) cannot be reached: \(words)")
    }
  }
}
