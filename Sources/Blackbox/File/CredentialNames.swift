/// Which names say that a value must not be seen.
enum CredentialNames {
  private static let headers: Set<String> = ["authorization", "proxy-authorization", "cookie", "set-cookie"]
  private static let words = ["token", "secret", "password", "passwd", "credential", "apikey", "session"]

  /// Whether a header or an entry of metadata of that name carries credentials.
  static func holds(_ header: String) -> Bool {
    let name = header.lowercased()
    if headers.contains(name) || words.contains(where: name.contains) { return true }
    return name.split { $0 == "-" || $0 == "_" }.contains { $0 == "key" || $0 == "auth" }
  }
}
