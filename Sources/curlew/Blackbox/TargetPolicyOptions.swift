import ArgumentParser
import Model

/// What `/probe` may reach.
struct TargetPolicyOptions: ParsableArguments {
  @Option(
    name: .customLong("probe.allow-target"),
    help: ArgumentHelp(
      """
      What may be probed: a network, an address, a name, *.name, /path of a socket, with :port or :port-port behind it; may be \
      given again (default: everything but link-local addresses).
      """, valueName: "target"))
  var allowTarget: [String] = []

  /// - Throws: `CommandFailure` for a text that is no rule.
  func policy() throws -> TargetPolicy {
    TargetPolicy(allowed: [])
  }
}
