import ArgumentParser
import Model

/// What `/probe` may reach.
struct TargetPolicyOptions: ParsableArguments {
  @Option(
    name: .customLong("probe.allow-target"),
    help: ArgumentHelp(
      """
      What may be probed: 10.0.0.0/8, shop.example:443, *.shop.example:80-90, *:443 or unix:/run/shop/; may be given again \
      (default: everything but link-local addresses).
      """, valueName: "target"))
  var allowTarget: [String] = []

  /// - Throws: `CommandFailure` for a text that is no rule.
  func policy() throws -> TargetPolicy {
    var rules: [TargetPolicy.Rule] = []
    for text in allowTarget {
      do throws(TargetPolicy.Rule.Problem) {
        rules.append(try TargetPolicy.Rule(text))
      } catch {
        throw CommandFailure("--probe.allow-target: \(error)", exitCode: 1)
      }
    }
    return TargetPolicy(allowed: rules)
  }
}
