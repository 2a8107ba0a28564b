import Glibc
import Model
import Transport

/// The packets of one probe. Lives on its deadline's loop.
struct ICMPExchange {
  private let spec: ICMPSpec
  private let equipment: ProbeEquipment
  private let policy: TargetPolicy?
  private let deadline: Deadline

  private var clock: PhaseClock
  private var ip = ""
  private var flights: [Flight] = []
  private var hopLimit: Int?

  /// What became of one packet.
  private struct Flight {
    var sent: Int64
    var roundTrip: Int64?
    var problem: String?

    var isOver: Bool { roundTrip != nil || problem != nil }
  }

  private enum EchoFailure: Error {
    case wait(WaitFailure)
    case ending(Ending)
  }

  private struct Ending: Error {
    var failure: ProbeFailure

    init(_ failure: ProbeFailure) {
      self.failure = failure
    }

    init(_ code: ReasonCode, during phase: Phase, _ message: String) {
      failure = ProbeFailure(code, during: phase, message)
    }
  }

  init(_ spec: ICMPSpec, equipment: ProbeEquipment, policy: TargetPolicy?, deadline: Deadline) {
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
    let roundTrips = flights.compactMap { $0.roundTrip.map { Duration.nanoseconds($0) } }
    let facts = ICMPFacts(sent: flights.count, received: roundTrips.count, roundTrips: roundTrips, hopLimit: hopLimit)
    return Observation(facts: Facts(phases: clock.phases(), ip: ip, detail: .icmp(facts)), failure: failure)
  }

  private mutating func exchange() async throws(Ending) {
    let needed = spec.spacing * (spec.count - 1)
    let timeout = Duration.nanoseconds(deadline.end - deadline.start)
    guard needed < timeout || spec.count == 1 else {
      // The rest would never be sent, and the last one be counted as lost.
      throw Ending(
        .templateFailed, during: .resolve,
        "\(spec.count) packets, one every \(Words.duration(spec.spacing)), take \(Words.duration(needed)), more than the "
          + "timeout of \(Words.duration(timeout))")
    }
    let source: SourceAddress
    do throws(ProbeFailure) {
      source = try SourceAddress(spec.sourceIP, for: spec.family)
    } catch {
      throw Ending(error)
    }
    let addresses: [IPAddress]
    do throws(ResolutionFailure) {
      addresses = try await equipment.addresses(
        of: spec.target, port: nil, family: source.family, under: policy, deadline: deadline)
    } catch {
      throw Ending(error.probeFailure)
    }
    clock.enter(.connect)
    let socket = try open(addresses, from: source.address)
    defer { socket.close() }
    clock.enter(.wait)
    do throws(EchoFailure) {
      try await echo(over: socket)
    } catch {
      switch error {
      case .ending(let ending): throw ending
      case .wait(.cancelled): throw Ending(.cancelled, during: .wait, "the run was cancelled")
      case .wait(.deadline): break
      }
    }
    try judge()
  }

  /// A socket to the first address that this machine has a road to.
  private mutating func open(_ addresses: [IPAddress], from source: IPAddress?) throws(Ending) -> ICMPSocket {
    var last: Ending?
    for address in addresses {
      ip = address.description
      let packet = EchoPacket(version: address.isV6 ? .v6 : .v4, size: spec.size, front: spec.payload)
      do throws(ICMPFailure) {
        return try ICMPSocket(
          to: address, from: source, packet: packet, ttl: spec.ttl, dontFragment: spec.dontFragment, deadline: deadline)
      } catch {
        last = ending(error, at: address)
      }
    }
    throw last ?? Ending(.internal, during: .connect, "there is no address to send to")
  }

  // MARK: Packets

  /// How long an answer is waited for after the last packet, when others have come; the least of it.
  private static let lingerNanoseconds: Int64 = 1_000_000_000

  private mutating func echo(over socket: ICMPSocket) async throws(EchoFailure) {
    let firstSequence = UInt16.random(in: 0 ... .max)
    var nextDeparture = EventLoop.now
    while true {
      if flights.count < spec.count, EventLoop.now >= nextDeparture {
        try depart(firstSequence &+ UInt16(truncatingIfNeeded: flights.count), over: socket)
        nextDeparture += spec.spacing.nanoseconds
        continue
      }
      if flights.count >= spec.count, flights.allSatisfy(\.isOver) { return }
      let end = flights.count < spec.count ? nextDeparture : lingerEnd
      let isWoken: Bool
      do {
        isWoken = try await deadline.wait(until: end)
      } catch {
        throw .wait(error)
      }
      if isWoken {
        for event in socket.receive() { take(event, firstSequence) }
      } else if flights.count >= spec.count {
        return
      }
    }
  }

  private mutating func depart(_ sequence: UInt16, over socket: ICMPSocket) throws(EchoFailure) {
    let now = EventLoop.now
    let fault = socket.send(sequence)
    if let fault, fault.isOurs {
      let isForbidden = fault.errno == EPERM || fault.errno == EACCES
      throw .ending(
        Ending(
          isForbidden ? .notPermitted : .internal, during: .wait,
          "this machine does not let an echo request out: \(SystemError.words(fault.errno))"))
    }
    flights.append(Flight(sent: now))
    if let fault {
      flights[flights.count - 1].problem =
        fault.errno == EMSGSIZE
        ? "a packet with \(spec.size) bytes of data is too large for the way" : SystemError.words(fault.errno)
    }
  }

  /// Where nothing came, the whole time is waited; where something came, a packet that takes more than twice the slowest
  /// round trip counts as lost.
  private var lingerEnd: Int64? {
    guard let slowest = flights.compactMap(\.roundTrip).max(), let last = flights.last else { return nil }
    return last.sent + max(Self.lingerNanoseconds, 2 * slowest)
  }

  private mutating func take(_ event: ICMPSocket.Event, _ firstSequence: UInt16) {
    switch event {
    case .reply(let sequence, let received, let hopLimit):
      let index = Int(sequence &- firstSequence)
      guard index < flights.count, flights[index].roundTrip == nil else { return }
      flights[index].roundTrip = max(0, received - flights[index].sent)
      self.hopLimit = hopLimit ?? self.hopLimit
    case .report(let sequence, let report):
      let index = Int(sequence &- firstSequence)
      guard index < flights.count, !flights[index].isOver else { return }
      flights[index].problem = report.words
    }
  }

  // MARK: Failing

  /// No answer at all is a failure; some answers are facts.
  private func judge() throws(Ending) {
    guard flights.allSatisfy({ $0.roundTrip == nil }) else { return }
    let problem = flights.lazy.compactMap(\.problem).last
    if let problem, flights.allSatisfy({ $0.problem != nil }) {
      throw Ending(.connectFailed, during: .wait, "\(ip) cannot be reached: \(problem)")
    }
    let packets = flights.count == 1 ? "a packet" : "\(flights.count) packets"
    let time = Words.duration(.nanoseconds(deadline.end - deadline.start))
    let more = problem.map { "; \($0)" } ?? ""
    throw Ending(.timeout, during: .wait, "no reply from \(ip) to \(packets) within \(time)\(more)")
  }

  private func ending(_ failure: ICMPFailure, at address: IPAddress) -> Ending {
    switch failure {
    case .notPermitted:
      let group = getegid()
      return Ending(
        .notPermitted, during: .connect,
        "this process may not send ICMP: allow its group by sysctl net.ipv4.ping_group_range=\"\(group) \(group)\", or give"
          + " the program CAP_NET_RAW")
    case .socket(let fault):
      switch fault.errno {
      case _ where fault.call == "bind":
        return Ending(
          .internal, during: .connect,
          "source_ip \(Words.quoted(spec.sourceIP ?? "")) cannot be used to reach \(address): "
            + SystemError.words(fault.errno))
      // EACCES: the target is a broadcast address (ip(7)), which is what the user wrote.
      case _ where fault.isOurs && fault.errno != EACCES, EINVAL:
        return Ending(.internal, during: .connect, "a socket for \(address): \(fault)")
      default:
        return Ending(
          .connectFailed, during: .connect, "\(address) cannot be reached: \(SystemError.words(fault.errno))")
      }
    }
  }
}
