import Glibc
import Model

/// One full name on its way to addresses: A and AAAA asked for side by side, server after server.
///
/// A server's word that a name does not exist, or has no such address, ends the lookup; a server that stays silent, refuses
/// or fails is followed by the next. When one family was found, the other is waited for only a moment, since some servers and
/// firewalls drop questions for AAAA: what was found is good enough. Aliases are followed in the answer and, where a server
/// leaves that to the asker, by asking on.
struct NameLookup {
  private let name: DNSName
  private let family: AddressFamily
  private let configuration: ResolverConfiguration
  private let deadline: Deadline
  private let start = EventLoop.now

  /// The questions that have no answer yet.
  private var open: [DNSQuery.Question]
  private var found: [IPAddress] = []
  /// When the first of them was found, in nanoseconds of `EventLoop.now`.
  private var foundTime: Int64?
  private var refutation: String?
  /// What became of each server, in the order in which they were asked.
  private var problems: [(server: SocketAddress, words: String?)] = []
  /// A fault of this machine that kept a server from being asked.
  private var fault: String?
  private var aliasesLeft = NameLookup.aliasLimit

  /// Whether a server said anything at all.
  private(set) var wasAnswered = false

  /// More than any chain that works for others; recursive servers give up at 8 to 16.
  private static let aliasLimit = 16
  /// Datagrams read at one go, so that a flood of them leaves the thread to others in between.
  private static let datagramsPerTurn = 16
  /// How long one family is waited for once the other was found (RFC 8305 section 3, where it is 50 ms for a program that
  /// somebody sits before).
  private static let resolutionDelay = Duration.milliseconds(250)

  init(name: DNSName, family: AddressFamily, configuration: ResolverConfiguration, deadline: Deadline) {
    self.name = name
    self.family = family
    self.configuration = configuration
    self.deadline = deadline
    let types: [DNSType] =
      switch family {
      case .any, .preferV4, .preferV6: [.aaaa, .a]
      case .v4: [.a]
      case .v6: [.aaaa]
      }
    open = types.map { DNSQuery.Question(name: name, type: $0) }
  }

  /// The addresses of the name, at least one, in the order in which they came.
  mutating func addresses() async throws(ResolutionFailure) -> [IPAddress] {
    for _ in 0..<configuration.attempts {
      for (index, server) in configuration.servers.enumerated() {
        do throws(WaitFailure) {
          try deadline.check()
          // Within a deadline that is shorter than their patience together, each has its share of what is left.
          let share = deadline.remaining / (configuration.servers.count - index)
          try await ask(server, within: min(configuration.timeout, share))
        } catch {
          if error == .deadline, !found.isEmpty { return found }
          throw failure(error)
        }
        if open.isEmpty || !found.isEmpty { return try result() }
      }
    }
    return try result()
  }

  // MARK: Asking

  private mutating func ask(_ server: SocketAddress, within patience: Duration) async throws(WaitFailure) {
    problems.append((server, nil))
    let end = EventLoop.now + patience.nanoseconds
    do throws(DatagramFailure) {
      if configuration.useTCP {
        for question in open { try await askByTCP(question, server, until: self.end(of: end)) }
      } else {
        try await askByUDP(server, until: end)
      }
    } catch {
      switch error {
      case .wait(let failure): throw failure
      case .socket(let fault):
        note(SystemError.words(fault.errno))
        if fault.isOurs { self.fault = fault.description }
      }
    }
  }

  /// When to stop waiting for a server whose patience ends then.
  private func end(of patience: Int64) -> Int64 {
    foundTime.map { min(patience, $0 + Self.resolutionDelay.nanoseconds) } ?? patience
  }

  private mutating func askByUDP(_ server: SocketAddress, until end: Int64) async throws(DatagramFailure) {
    let socket = try DatagramSocket(to: server, deadline: deadline)
    defer { socket.close() }
    var asked = open.map { DNSQuery($0) }
    for query in asked { try socket.send(query.message()) }
    while !asked.isEmpty {
      guard try await socket.wait(until: self.end(of: end)) else { return }
      for _ in 0..<Self.datagramsPerTurn {
        guard !asked.isEmpty, let datagram = try socket.receive() else { break }
        guard let (index, answer) = match(datagram, asked) else { continue }
        let question = asked.remove(at: index).question
        guard let answer else { continue }
        if answer.header.isTruncated {
          try await askByTCP(question, server, until: end)
        } else if let alias = take(answer, to: question, from: server) {
          let query = DNSQuery(alias)
          asked.append(query)
          try socket.send(query.message())
        }
      }
    }
  }

  /// Which question a datagram answers, and the answer unless it cannot be read; nil for strays, which anybody may send.
  private mutating func match(_ datagram: [UInt8], _ asked: [DNSQuery]) -> (index: Int, answer: DNSMessage?)? {
    for (index, query) in asked.enumerated() {
      do throws(DNSMalformation) {
        if let answer = try query.answer(in: datagram, isDatagram: true) { return (index, answer) }
      } catch {
        note("sent an answer that cannot be read: \(error)")
        return (index, nil)
      }
    }
    return nil
  }

  private mutating func askByTCP(
    _ question: DNSQuery.Question, _ server: SocketAddress, until end: Int64
  ) async throws(DatagramFailure) {
    var next: DNSQuery.Question? = question
    while let question = next {
      next = nil
      // A deadline of its own, so that a server which accepts and stays silent does not use up the time of the others.
      let patience = Duration.nanoseconds(min(end, deadline.end) - EventLoop.now)
      let query = DNSQuery(question)
      let outcome = await deadline.loop.actor.perform(within: patience) { _, deadline in
        await Self.answer(to: query, from: server, deadline: deadline)
      }
      switch outcome {
      case .success(let answer): next = take(answer, to: question, from: server)
      case .failure(.malformed(let malformation)): note("sent an answer that cannot be read: \(malformation)")
      case .failure(.datagram(let failure)): throw failure
      case .failure(.stream(.wait(.cancelled))): throw .wait(.cancelled)
      case .failure(.stream(let failure)):
        do {
          try deadline.check()
        } catch {
          throw .wait(error)
        }
        if case .wait = failure { return }
        if case .fault(let words) = failure { fault = words }
        note(failure.probeFailure(during: .resolve, late: "").message)
      }
    }
  }

  private static func answer(
    to query: DNSQuery, from server: SocketAddress, deadline: Deadline
  ) async -> Result<DNSMessage, DNSExchangeFailure> {
    do throws(DNSExchangeFailure) {
      let socket: StreamSocket
      do throws(StreamFailure) {
        socket = try await Connector(deadline: deadline).connect(to: [server.ip], port: Int(server.port))
      } catch {
        throw .stream(error)
      }
      defer { socket.close() }
      var exchange = DNSStreamExchange()
      try await exchange.send(query, over: socket)
      return .success(try await exchange.answer(to: query, from: socket))
    } catch {
      return .failure(error)
    }
  }

  // MARK: Understanding

  /// Takes what an answer says; gives the question that it leaves to us, when it ends in an alias.
  private mutating func take(
    _ answer: DNSMessage, to question: DNSQuery.Question, from server: SocketAddress
  ) -> DNSQuery.Question? {
    wasAnswered = true
    switch answer.code {
    case .noError: break
    case .nameError:
      close(question, "no such name: \"\(shown)\" (NXDOMAIN from \(server))")
      return nil
    default:
      note("answered \(answer.code.mnemonic)")
      return nil
    }
    do throws(DNSMalformation) {
      var current = question.name
      while true {
        var alias: DNSName?
        var addresses: [IPAddress] = []
        for record in answer.answers where record.recordClass == .internet {
          guard record.type == question.type || record.type == .cname, try answer.owner(of: record) == current else {
            continue
          }
          if let address = try answer.address(of: record) {
            addresses.append(address)
          } else if alias == nil {
            alias = try answer.target(of: record)
          }
        }
        if !addresses.isEmpty {
          found += addresses
          foundTime = foundTime ?? EventLoop.now
          close(question, nil)
          return nil
        }
        guard let alias else { break }
        guard aliasesLeft > 0 else {
          note("gave a chain of more than \(Self.aliasLimit) aliases (CNAME)")
          return nil
        }
        aliasesLeft -= 1
        current = alias
      }
      if current != question.name, !answer.header.isRecursionAvailable {
        // The chain leads out of the answer, and a server that does not recurse leaves the rest to the asker. From one that
        // does, it means that the name at the end has no such address (RFC 2308 section 2.2).
        let next = DNSQuery.Question(name: current, type: question.type)
        close(question, nil)
        open.append(next)
        return next
      }
      guard !answer.header.isTruncated else {
        note("cut its answer over tcp too")
        return nil
      }
      close(question, "\"\(shown)\" has no \(family.words) (asked \(server))")
    } catch {
      note("sent an answer that cannot be read: \(error)")
    }
    return nil
  }

  private mutating func close(_ question: DNSQuery.Question, _ refutation: String?) {
    open.removeAll { $0 == question }
    if self.refutation == nil { self.refutation = refutation }
  }

  private mutating func note(_ words: String) {
    problems[problems.count - 1].words = words
  }

  // MARK: Ending

  private func result() throws(ResolutionFailure) -> [IPAddress] {
    if !found.isEmpty { return found }
    if open.isEmpty, let refutation { throw ResolutionFailure(.notFound, refutation) }
    throw ownFault ?? ResolutionFailure(.noAnswer, problemWords())
  }

  /// The failure of a lookup that this machine kept from being made whole; it says nothing about the name.
  private var ownFault: ResolutionFailure? {
    fault.map { ResolutionFailure(.fault, "\"\(shown)\" could not be asked for: \($0)") }
  }

  private func failure(_ failure: WaitFailure) -> ResolutionFailure {
    switch failure {
    case .cancelled: ResolutionFailure(.cancelled, "the run was cancelled")
    case .deadline: ownFault ?? ResolutionFailure(.deadline, problemWords())
    }
  }

  /// "name servers 10.0.0.1:53 and 10.0.0.2:53 did not answer for "shop.example" in 4 s".
  private func problemWords() -> String {
    // Of several rounds, the last word on each server.
    var servers: [SocketAddress] = []
    var words: [SocketAddress: String] = [:]
    for problem in problems {
      if !servers.contains(problem.server) { servers.append(problem.server) }
      if let said = problem.words { words[problem.server] = said }
    }
    // To the hundredth of a second: the exchange began a little before the lookup, and its deadline is what people know.
    let taken = min(EventLoop.now, deadline.end) - start
    let time = DurationText.seconds(taken < 100_000_000 ? taken : (taken + 5_000_000) / 10_000_000 * 10_000_000)
    guard !words.isEmpty else {
      let list = servers.map(\.description).joined(separator: " and ")
      return "name server\(servers.count == 1 ? "" : "s") \(list) did not answer for \"\(shown)\" in \(time)"
    }
    let list = servers.map { "\($0) \(words[$0] ?? "did not answer")" }.joined(separator: ", ")
    return "no name server could tell the address of \"\(shown)\" in \(time): \(list)"
  }

  /// The name without its final dot, as users write it.
  private var shown: String {
    let text = name.description
    return text.count > 1 ? String(text.dropLast()) : text
  }
}
