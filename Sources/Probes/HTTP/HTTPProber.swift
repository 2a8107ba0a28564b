package import Model
import Transport

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

  /// Makes one exchange with the server.
  ///
  /// Each hop of a redirect has a connection of its own, and the phases are the sums over the hops. Time that is spent
  /// on an OAuth2 token counts against the timeout, but is in no phase: it says nothing about the target.
  package func probe(_ spec: HTTPSpec, in context: ProbeContext) async -> Observation {
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
    return await equipment.loops.currentOrNext.actor.perform(within: context.timeout) { _, deadline in
      let session: HTTPSession
      do throws(TransportFault) {
        session = try equipment.http.session(deadline)
      } catch {
        return Observation(
          facts: Facts(phases: Phases(), detail: .http(HTTPFacts(url: spec.url, method: spec.method))),
          failure: ProbeFailure(.internal, during: .resolve, error.description))
      }
      defer { session.end() }
      var run = HTTPRun(
        request, folder: context.folder, equipment: equipment, tokens: tokens, session: session, deadline: deadline)
      return await run.observe()
    }
  }
}
