import Glibc

/// HTTP over libcurl, for everybody in the process: one multi handle a loop, and no thread of its own.
package final class HTTPEngine: Sendable {
  private let loops: [EventLoop]
  /// Nil where libcurl gave none, which is told to who asks.
  private let multis: [CurlMulti?]

  /// An engine on these loops.
  package init(loops: EventLoops) {
    self.loops = loops.all
    multis = loops.all.map { try? CurlMulti(loop: $0) }
  }

  /// Begins a session on the deadline's loop: exchanges one after another that share cookies and nothing else.
  ///
  /// - Throws: a fault of ours when libcurl gives no handle.
  package func session(_ deadline: Deadline) throws(TransportFault) -> HTTPSession {
    let multi = try multi(of: deadline.loop)
    return try HTTPSession(home: multi, multi: multi, deadline: deadline)
  }

  /// Begins a session as `session` does whose connections serve one exchange after another where they fit; they are its own.
  func keepingSession(_ deadline: Deadline) throws(TransportFault) -> HTTPSession {
    try HTTPSession(
      home: try multi(of: deadline.loop), multi: try CurlMulti(loop: deadline.loop, keepsConnections: true),
      deadline: deadline)
  }

  private func multi(of loop: EventLoop) throws(TransportFault) -> CurlMulti {
    guard let index = loops.firstIndex(where: { $0 === loop }) else {
      preconditionFailure("An HTTP session was begun on a loop that its engine does not know.")
    }
    guard let multi = multis[index] else { throw TransportFault(call: "curl_multi_init", errno: ENOMEM) }
    return multi
  }
}
