package import Documents
import Expressions
package import Fleet
package import Model

/// What a hub gives its nodes beside the bundle: values of secrets and of the environment, for those checks alone that a node
/// runs.
package struct ScenarioSupply: Sendable {
  private let needs: [CheckID: CheckNeeds]
  /// What no check of its own reads, and every node needs: planned work.
  private let common: CheckNeeds
  private let environment: [String: String]
  private let secrets: [SecretName: Secret]
  private let key: [UInt8]

  /// The values of a scenario that was loaded from `files` with its needs (`ScenarioLoader.init(findsNeeds:)`).
  ///
  /// - Parameters:
  ///   - environment: what `env` held.
  ///   - modules: the file of modules that the scenario could name.
  /// - Throws: `BundleFault` where a file with a key, or that of modules, cannot be read any more.
  package init(
    of scenario: Scenario, from files: any DocumentFiles, environment: [String: String], modules: String? = nil
  ) throws(BundleFault) {
    var needs = scenario.needs.checks
    if let modules {
      let file = SecretName(file: modules, name: SecretName.wholeFile)
      for id in scenario.needs.ofModules { needs[id]?.secrets.insert(file) }
    }
    self.needs = needs
    common = scenario.needs.common
    let all = needs.values.reduce(into: common) { $0.formUnion($1) }
    self.environment = environment.filter { all.environment.contains($0.key) }
    var secrets = scenario.needs.values
    for name in all.secrets where name.name == SecretName.wholeFile {
      secrets[name] = Secret(try Self.text(of: name.file, in: files))
    }
    self.secrets = secrets
    key = Self.key(of: secrets, self.environment)
  }

  private static func text(of path: String, in files: any DocumentFiles) throws(BundleFault) -> String {
    let bytes: [UInt8]
    do throws(FileProblem) {
      bytes = try files.read(path, limit: ScenarioLoader.fileLimit)
    } catch {
      throw BundleFault("'\(path)' cannot travel to nodes: \(error)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw BundleFault("'\(path)' cannot travel to nodes: it is not UTF-8")
    }
    return text
  }

  /// What a check can read, as far as its text says; nothing for one that is not known.
  package func needs(of check: CheckID) -> CheckNeeds { needs[check] ?? CheckNeeds() }

  /// What a node needs to run these checks, and no more.
  package func values(for checks: some Sequence<CheckID>) -> SuppliedValues {
    let checks = Set(checks)
    let needed = checks.reduce(into: common) { $0.formUnion(needs(of: $1)) }
    var values = SuppliedValues(
      environment: environment.filter { needed.environment.contains($0.key) }, checks: checks.map(\.text).sorted())
    for name in needed.secrets {
      guard let secret = secrets[name] else { continue }
      values.secrets[name.file, default: [:]][name.name] = secret.exposedValue
    }
    values.digest = digest(of: values)
    return values
  }

  // MARK: Digests

  /// The key of all digests: who wants to guess one value by a digest has to guess all values of all checks with it. It is the
  /// same on every replica, and changes with any value.
  private static func key(of secrets: [SecretName: Secret], _ environment: [String: String]) -> [UInt8] {
    var writer = BundleWriter()
    writer.write("curlew supplied values")
    for (name, secret) in secrets.sorted(by: { ($0.key.file, $0.key.name) < ($1.key.file, $1.key.name) }) {
      writer.write([name.file, name.name, secret.exposedValue])
    }
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) { writer.write([name, value]) }
    return Digest.sha256(writer.bytes)
  }

  private func digest(of values: SuppliedValues) -> String {
    var writer = BundleWriter()
    writer.write(values.checks)
    for (name, value) in values.environment.sorted(by: { $0.key < $1.key }) { writer.write([name, value]) }
    for (file, secrets) in values.secrets.sorted(by: { $0.key < $1.key }) {
      writer.write(file)
      for (name, value) in secrets.sorted(by: { $0.key < $1.key }) { writer.write([name, value]) }
    }
    return HexText.of(Array(Digest.hmacSHA256(writer.bytes, key: key).prefix(16)))
  }
}
