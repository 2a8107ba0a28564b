import Documents
import Expressions
import Model

/// Finds what must not be seen in a configuration file, by the names of keys alone: messages quote lines of a file that cannot be
/// decoded, too.
enum FileSecrets {
  /// Keys whose values upstream hides on `/config`.
  private static let keys = [
    "password", "credentials", "bearer_token", "client_secret", "client_certificate_key", "secrets",
  ]
  /// Keys with maps from the names of headers to values.
  private static let headers: Set<String> = ["headers", "http_headers", "metadata"]
  /// A value that is hidden for its header's name alone, and shorter than this, is left in other texts: masking every `1`
  /// would make them unreadable.
  private static let shortestOfHeader = 4

  /// The secrets below a node, each once, in written order.
  static func secrets(in root: YAMLNode) -> [Secret] {
    var search = Search()
    search.visit(root, below: "", as: .open)
    return search.found
  }

  /// What is known of a value by where it stands.
  fileprivate enum Standing {
    case open
    case secret
    /// The value of a header that is named like credentials.
    case header
  }

  fileprivate struct Search {
    var found: [Secret] = []
    private var seen: Set<Secret> = []

    mutating func visit(_ node: YAMLNode, below key: String, as standing: Standing) {
      switch node.content {
      case .sequence(let items):
        for item in items { visit(item, below: key, as: standing) }
      case .mapping(let entries):
        for entry in entries {
          visit(entry.value, below: entry.name, as: self.standing(of: entry.name, in: key, standing))
        }
      case .scalar, .value, .pending:
        guard let text = node.scalarText else { return }
        switch standing {
        case .open: URLPassword.texts(in: text).forEach { add($0) }
        case .secret: add(text)
        case .header: addHeader(text)
        }
      }
    }

    private func standing(of name: String, in parent: String, _ inherited: Standing) -> Standing {
      // Paths, in the sources of a header's values.
      if name == "files" { return .open }
      switch inherited {
      case .secret: return .secret
      case .header: return name == "secrets" ? .secret : .header
      case .open: break
      }
      if FileSecrets.headers.contains(parent) { return CredentialNames.holds(name) ? .header : .open }
      if name == "proxy_connect_header" || (name == "key" && parent == "tls_config") { return .secret }
      if FileSecrets.keys.contains(name) { return .secret }
      // One that is misspelt is quoted by the very message that says so.
      return !name.hasSuffix("_id") && Suggestion.nearest(to: name, among: FileSecrets.keys) != nil ? .secret : .open
    }

    /// What follows the scheme (RFC 9110 section 11.6.2) is what must not be seen, wherever it stands.
    private mutating func addHeader(_ text: String) {
      let parts = text.split(separator: " ", maxSplits: 1)
      let value = parts.count == 2 && String(parts[0]).isToken ? String(parts[1]) : text
      if value.utf8.count >= FileSecrets.shortestOfHeader { add(value) }
    }

    private mutating func add(_ text: String) {
      guard !text.isEmpty, seen.insert(Secret(text)).inserted else { return }
      found.append(Secret(text))
    }
  }
}

/// The password in a URL's user information (RFC 3986 section 3.2.1).
enum URLPassword {
  /// The password as it is written; empty when there is none.
  static func texts(in url: String) -> [String] {
    range(in: url).map { [String(url[$0])] } ?? []
  }

  /// The URL with `xxxxx` in place of the password, as Go's `Redacted` writes it.
  static func hidden(in url: String) -> String {
    range(in: url).map { url.replacingSubrange($0, with: "xxxxx") } ?? url
  }

  private static func range(in url: String) -> Range<String.Index>? {
    guard let scheme = url.firstRange(of: "://") else { return nil }
    let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else { return nil }
    let password = url.index(after: colon)..<at
    return password.isEmpty ? nil : password
  }
}

extension String {
  /// A copy with other text in a place.
  fileprivate func replacingSubrange(_ range: Range<Index>, with text: String) -> String {
    "\(self[..<range.lowerBound])\(text)\(self[range.upperBound...])"
  }
}
