package import Model
package import Transport

/// Makes one HTTP exchange (RFC 9110), its redirects included, and tells what it showed.
package struct HTTPProber: Sendable {
  private let equipment: ProbeEquipment
  private let tokens: OAuth2Tokens
  private let urls = HTTPURLs()

  /// A prober over the process's equipment. It keeps OAuth2 tokens, so one serves all probes of a process.
  package init(_ equipment: ProbeEquipment) {
    self.equipment = equipment
    tokens = OAuth2Tokens(observer: equipment.tokenObserver)
  }

  /// What the HTTP steps of one journey share; it stays on one loop.
  func journeySession(reusingConnections: Bool) -> JourneySession {
    JourneySession(
      loop: equipment.loops.currentOrNext, engine: equipment.http, keepsConnections: reusingConnections)
  }

  /// Makes one exchange with the server.
  ///
  /// Each hop of a redirect has a connection of its own, but in a journey that reuses them, and the phases are the sums over the hops. Time that is spent
  /// on an OAuth2 token counts against the timeout, but is in no phase: it says nothing about the target.
  ///
  /// - Parameter journey: whose cookies and connections it shares; nil for an exchange that stands alone.
  package func probe(
    _ spec: HTTPSpec, in context: ProbeContext, of journey: JourneySession? = nil
  ) async -> Observation {
    let request: PreparedRequest
    do throws(PreparationFailure) {
      request = try PreparedRequest(spec, in: context, urls: urls, userAgent: equipment.userAgent)
    } catch {
      return Observation(
        facts: Facts(phases: Phases(), detail: .http(HTTPFacts(url: spec.url, method: spec.method))),
        failure: ProbeFailure(error.code, during: .resolve, error.message))
    }
    let equipment = equipment
    let tokens = tokens
    let loop = journey?.loop ?? equipment.loops.currentOrNext
    return await loop.actor.perform(within: context.timeout) { _, deadline in
      let session: HTTPSession
      do throws(TransportFault) {
        if let journey {
          session = try journey.session(deadline)
        } else {
          session = try equipment.http.session(deadline)
        }
      } catch {
        return Observation(
          facts: Facts(phases: Phases(), detail: .http(HTTPFacts(url: spec.url, method: spec.method))),
          failure: ProbeFailure(.internal, during: .resolve, error.description))
      }
      defer { if journey == nil { session.end() } }
      var run = HTTPRun(
        request, folder: context.folder, policy: context.policy, equipment: equipment, tokens: tokens, session: session,
        deadline: deadline)
      return await run.observe()
    }
  }
}
