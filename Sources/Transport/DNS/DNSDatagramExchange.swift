/// A question and its answer over UDP (RFC 1035 section 4.2.1).
package struct DNSDatagramExchange {
  /// Datagrams that were no answer to the question, and were passed over.
  package private(set) var strayCount = 0

  /// Datagrams read at one go, so that a flood of them leaves the thread to others in between.
  private static let datagramsPerTurn = 16

  /// An exchange that has not begun.
  package init() {}

  /// Asks once and waits for the answer; datagrams with another id or question are passed over, since anybody can send
  /// them who guesses our port (RFC 5452).
  ///
  /// - Parameters:
  ///   - source: the local address to ask from; the kernel's choice when nil.
  ///   - end: how long to wait, in nanoseconds of `EventLoop.now`; the deadline when nil. When it has passed, that
  ///     is a failure like the deadline.
  package mutating func answer(
    to query: DNSQuery, from address: SocketAddress, by source: IPAddress? = nil, deadline: Deadline,
    until end: Int64? = nil
  ) async throws(DNSExchangeFailure) -> DNSMessage {
    let socket: DatagramSocket
    do throws(DatagramFailure) {
      socket = try DatagramSocket(to: address, from: source, deadline: deadline)
    } catch {
      throw .datagram(error)
    }
    defer { socket.close() }
    do throws(DatagramFailure) {
      try socket.send(query.message())
    } catch {
      throw .datagram(error)
    }
    while true {
      do throws(DatagramFailure) {
        guard try await socket.wait(until: end) else { throw DatagramFailure.wait(.deadline) }
      } catch {
        throw .datagram(error)
      }
      if let answer = try arrived(for: query, on: socket) { return answer }
    }
  }

  private mutating func arrived(
    for query: DNSQuery, on socket: DatagramSocket
  ) throws(DNSExchangeFailure) -> DNSMessage? {
    for _ in 0..<Self.datagramsPerTurn {
      let datagram: [UInt8]
      do throws(DatagramFailure) {
        guard let next = try socket.receive() else { return nil }
        datagram = next
      } catch {
        throw .datagram(error)
      }
      do throws(DNSMalformation) {
        if let answer = try query.answer(in: datagram, isDatagram: true) { return answer }
      } catch {
        throw .malformed(error)
      }
      strayCount += 1
    }
    return nil
  }
}

/// Why a question got no answer.
package enum DNSExchangeFailure: Error {
  /// The socket failed, or the deadline came.
  case datagram(DatagramFailure)
  /// The connection failed, or the deadline came.
  case stream(StreamFailure)
  /// What came is no answer that can be read.
  case malformed(DNSMalformation)
}
