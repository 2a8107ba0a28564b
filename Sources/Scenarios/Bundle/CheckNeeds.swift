/// What the text of a check can read from outside of the files: found by its words, so that it is never too little.
package struct CheckNeeds: Hashable, Sendable {
  /// Names of the environment, as `env` has them.
  package var environment: Set<String>
  /// Secrets, by the file that declares them.
  package var secrets: Set<SecretName>

  /// Nothing, unless said otherwise.
  package init(environment: Set<String> = [], secrets: Set<SecretName> = []) {
    self.environment = environment
    self.secrets = secrets
  }

  /// With another's.
  mutating func formUnion(_ other: CheckNeeds) {
    environment.formUnion(other.environment)
    secrets.formUnion(other.secrets)
  }
}

/// Which secret: the file that declares it, and its name there. A file that is a secret as a whole, such as a private key,
/// declares itself under no name.
package struct SecretName: Hashable, Sendable {
  /// The name of all of a file.
  static let wholeFile = ""

  package var file: String
  package var name: String

  /// The secret of a file.
  package init(file: String, name: String) {
    self.file = file
    self.name = name
  }
}
