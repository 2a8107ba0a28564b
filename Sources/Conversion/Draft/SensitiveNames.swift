/// Which names stand beside values that nobody may read in a scenario file.
enum SensitiveNames {
  private static let parts = [
    "password", "passwd", "passphrase", "passcode", "secret", "token", "session", "sessid", "apikey", "api_key",
    "jwt", "credential", "privatekey", "private_key", "signature", "csrf", "xsrf", "authorization", "authkey",
    "auth_key", "otp_code",
  ]
  private static let whole: Set<String> = ["pwd", "pass", "sid", "auth", "pin", "otp", "key", "sig", "code_verifier"]

  /// Whether the value of a header, a cookie, a field or a parameter of this name is a secret.
  static func contains(_ name: String) -> Bool {
    let name = String(name.lowercased().map { $0 == "-" || $0 == "." ? "_" : $0 })
    if whole.contains(name) || name.hasSuffix("_sid") || name.hasSuffix("sessionid") { return true }
    // How many tokens a model may answer with is no token.
    if name.hasSuffix("tokens") || name == "token_type" { return false }
    return parts.contains { name.contains($0) }
  }
}
