/// The one HTTP session of a journey, whose steps come one after another, each under a deadline of its own.
///
/// It owns the session, which nobody else keeps, and lets it be touched on its loop's thread alone, where it is ended too.
package final class JourneySession: @unchecked Sendable {
  // Sendable only so that a journey can carry it from step to step; every use checks the thread.
  package let loop: EventLoop
  private let engine: HTTPEngine
  private let keepsConnections: Bool
  private var session: HTTPSession?

  /// A session that begins with the first exchange.
  ///
  /// - Parameters:
  ///   - loop: where all its exchanges are made.
  ///   - keepsConnections: whether a connection serves the exchanges after the one that opened it.
  package init(loop: EventLoop, engine: HTTPEngine, keepsConnections: Bool) {
    self.loop = loop
    self.engine = engine
    self.keepsConnections = keepsConnections
  }

  deinit {
    precondition(session == nil, "The HTTP session of a journey was forgotten before it was ended.")
  }

  /// The session, for exchanges under this deadline.
  ///
  /// - Throws: a fault of ours when libcurl gives no handle.
  package func session(_ deadline: Deadline) throws(TransportFault) -> HTTPSession {
    loop.preconditionOnLoop("The session of a journey")
    if let session {
      session.resume(deadline)
      return session
    }
    let session = keepsConnections ? try engine.keepingSession(deadline) : try engine.session(deadline)
    self.session = session
    return session
  }

  /// Closes connections and forgets cookies.
  package func end() async {
    await loop.actor.perform(within: .zero) { _, _ in self.close() }
  }

  private func close() {
    loop.preconditionOnLoop("The session of a journey")
    session?.end()
    session = nil
  }
}
