package import Model
import Transport

/// Asks one DNS question (RFC 1035) over udp, tcp, tls (RFC 7858) or https (RFC 8484).
///
/// One datagram is sent and none repeated: a lost answer is what a probe is there to see. A cut answer (TC) is asked for
/// again over tcp, as every stub resolver does. What the server says is a fact, whatever its code; only silence, refusal
/// and bytes that cannot be read are failures.
package struct DNSProber: Sendable {
  private let equipment: ProbeEquipment

  /// A prober over the process's equipment.
  package init(_ equipment: ProbeEquipment) {
    self.equipment = equipment
  }

  /// Makes one exchange with the server.
  package func probe(_ spec: DNSSpec, in context: ProbeContext) async -> Observation {
    let query: DNSQuery
    let source: SourceAddress
    do throws(ProbeFailure) {
      source = try SourceAddress(spec.sourceIP, for: spec.family)
    } catch {
      return Self.observation(spec, error)
    }
    if spec.sourceIP != nil, spec.transport == .https {
      return Self.refusal(spec, "source_ip is for udp, tcp and tls, and this question travels over https")
    }
    do throws(DNSNameProblem) {
      let name = try DNSName(spec.name)
      guard let type = DNSType(mnemonic: spec.type) else {
        return Self.refusal(spec, "\"\(spec.type)\" is no DNS record type; a mnemonic such as MX or TYPE65 is wanted")
      }
      guard let recordClass = DNSClass(mnemonic: spec.recordClass) else {
        return Self.refusal(spec, "\"\(spec.recordClass)\" is no DNS class; IN, CH, HS or ANY is wanted")
      }
      // RFC 8484 section 4.1: over https the id is 0, so that caches see the same message.
      let question = DNSQuery.Question(name: name, type: type, recordClass: recordClass)
      query = DNSQuery(
        question, id: spec.transport == .https ? 0 : .random(in: 0 ... .max), isRecursive: spec.isRecursive,
        dnssec: spec.dnssec)
    } catch {
      return Self.refusal(spec, error.description)
    }
    let equipment = equipment
    return await equipment.loops.currentOrNext.actor.perform(within: context.timeout) { _, deadline in
      var exchange = DNSExchange(
        spec, query, from: source, context: context, equipment: equipment, deadline: deadline)
      return await exchange.run()
    }
  }

  /// What is wrong with the spec was written by the user, or came out of a template: it says nothing about the target.
  private static func refusal(_ spec: DNSSpec, _ message: String) -> Observation {
    observation(spec, ProbeFailure(.templateFailed, during: .resolve, message))
  }

  private static func observation(_ spec: DNSSpec, _ failure: ProbeFailure) -> Observation {
    Observation(
      facts: Facts(phases: Phases(), detail: .dns(DNSFacts(transport: spec.transport))), failure: failure)
  }
}
