import Documents
import Expressions
import Model

extension Form where Value == [String] {
  /// One value, or a list of them.
  static func oneOrMore(_ item: Form<String>) -> Form {
    Form(.anyOf([item.schema, .list(item.schema, minimum: 0)])) { node, reader in
      if case .sequence(let items) = node.content { return items.compactMap { item.read($0, reader) } }
      return item.read(node, reader).map { [$0] }
    }
  }
}

extension Form where Value == String {
  /// Any value, written as JSON.
  static let json = Form(.anything) { node, reader in
    if node.holdsPending {
      reader.wait(for: .dyn, .anything, at: node)
      return nil
    }
    do throws(EvaluationError) {
      return try JSON.write(node.value)
    } catch {
      reader.fault("this value cannot be written as JSON: \(error.message)", at: node)
      return nil
    }
  }

  /// Where to connect: a name or an address, perhaps with a port.
  static let address = nonEmptyText.map { text, node, reader -> String? in
    if Endpoint(written: text, defaultPort: 1) != nil { return text }
    reader.fault(
      "'\(text.escaped)' is no address", at: node, notes: ["addresses are written 192.0.2.1, [::1]:8080, host:80"])
    return nil
  }

  /// A cookie's value (RFC 6265 section 4.1.1): no control characters, no semicolon.
  static let cookieValue = line.map { text, node, reader -> String? in
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: ";") }) else { return text }
    reader.fault("a cookie's value holds no control characters and no ';'", at: node)
    return nil
  }

  /// The JSON of a GraphQL request (https://graphql.org/learn/serving-over-http/).
  static let graphql = Form.section(GraphQLKeys.table) { section in
    let variables = section(GraphQLKeys.variables)
    let operation = section(GraphQLKeys.operation)
    guard let query = section(GraphQLKeys.query), let quoted = try? JSON.write(.string(query)) else { return nil }
    var members = ["\"query\":\(quoted)"]
    if let variables { members.append("\"variables\":\(variables)") }
    if let operation, let quoted = try? JSON.write(.string(operation)) { members.append("\"operationName\":\(quoted)") }
    return "{\(members.joined(separator: ","))}"
  }
}

/// The keys of `graphql`.
enum GraphQLKeys {
  static let query = Key("query", .nonEmptyText, isRequired: true, "GraphQL document")
  static let variables = Key("variables", .json, "values for its variables")
  static let operation = Key("operation", .nonEmptyText, "operation to run, where the document has several")

  static let table = SectionTable("graphql", [query.any, variables.any, operation.any])
}

extension Form where Value == Int {
  /// How many redirects are followed.
  static let redirects = Form(.anyOf([.boolean, .integer(0...50)])) { node, reader in
    if case .bool(let follows) = node.value { return follows ? HTTPSpec(url: "").maxRedirects : 0 }
    if case .int = node.value { return Form.integer(0...50).read(node, reader) }
    reader.fault("expected true, false or a number of redirects, found \(node.foundText)", at: node)
    return nil
  }
}

/// The keys of `auth` and of what stands in it.
enum AuthKeys {
  static let basic = Key("basic", .credentials(basicTable), "Basic (RFC 7617)")
  static let bearer = Key("bearer", .line, "Bearer token (RFC 6750)")
  static let digest = Key("digest", .credentials(digestTable), "Digest (RFC 7616)")
  static let oauth2 = Key("oauth2", .oauth2, "OAuth 2.0 client credentials (RFC 6749 section 4.4)")
  static let table = SectionTable(
    "auth", [basic.any, bearer.any, digest.any, oauth2.any], oneOf: ["basic", "bearer", "digest", "oauth2"])

  static let username = Key("username", .line, isRequired: true, "user name")
  static let password = Key("password", .line, isRequired: true, "password, best from a secret")
  static let basicTable = SectionTable("basic", [username.any, password.any])
  static let digestTable = SectionTable("digest", [username.any, password.any])

  static let tokenURL = Key("token_url", .url(["http", "https"]), isRequired: true, "where tokens are given")
  static let clientID = Key("client_id", .nonEmptyText, isRequired: true, "who asks")
  static let clientSecret = Key("client_secret", .text, isRequired: true, "proof of it, best from a secret")
  static let scopes = Key("scopes", Form<[String]>.list(of: .nonEmptyText), "what the token is for")
  static let oauth2Table = SectionTable("oauth2", [tokenURL.any, clientID.any, clientSecret.any, scopes.any])
}

/// A user with a password.
struct Credentials {
  var username: String
  var password: String
}

extension Form where Value == Credentials {
  static func credentials(_ table: SectionTable) -> Form {
    Form.section(table) { section in
      let password = section(AuthKeys.password)
      guard let username = section(AuthKeys.username), let password else { return nil }
      return Credentials(username: username, password: password)
    }
  }
}

extension Form where Value == HTTPAuth {
  static let oauth2 = Form.section(AuthKeys.oauth2Table) { section in
    let id = section(AuthKeys.clientID)
    let secret = section(AuthKeys.clientSecret)
    let scopes = section(AuthKeys.scopes) ?? []
    guard let url = section(AuthKeys.tokenURL), let id, let secret else { return nil }
    return .oauth2(tokenURL: url.text, clientID: id, clientSecret: secret, scopes: scopes)
  }

  static let auth = Form.section(AuthKeys.table) { section in
    if let basic = section(AuthKeys.basic) { return .basic(username: basic.username, password: basic.password) }
    if let token = section(AuthKeys.bearer) { return .bearer(token) }
    if let digest = section(AuthKeys.digest) { return .digest(username: digest.username, password: digest.password) }
    return section(AuthKeys.oauth2)
  }
}

/// The keys of a part of `multipart` that is more than text.
enum PartKeys {
  static let file = Key("file", .path(allowsAbsolute: false), "file whose content is sent")
  static let text = Key("text", .text, "text that is sent")
  static let type = Key("type", .line, "content type of the part")
  static let filename = Key("filename", .line, "name given to the file")

  static let table = SectionTable(
    "multipart part", title: "a part of 'multipart'", [file.any, text.any, type.any, filename.any],
    oneOf: ["file", "text"])
}

extension Form where Value == [MultipartPart] {
  static let multipart = Form<Fields<MultipartPart>>.map(of: .part, name: nameFault)
    .map { entries, _, _ in
      entries.map { entry in
        var part = entry.value
        part.name = entry.name
        return part
      }
    }

  private static func nameFault(_ name: String) -> KeyFault? {
    name.utf8.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D }
      ? KeyFault(message: "a part's name holds no CR, LF or NUL: '\(name.escaped)'") : nil
  }
}

extension Form where Value == MultipartPart {
  /// A part without its name: text, or a map.
  static let part = Form(.anyOf([.text(), .section(PartKeys.table)])) { node, reader in
    guard case .mapping = node.content else {
      return Form<String>.text.read(node, reader).map { MultipartPart(name: "", content: .text($0)) }
    }
    guard let section = Section(node, PartKeys.table, reader) else { return nil }
    let type = section(PartKeys.type)
    let filename = section(PartKeys.filename)
    if let path = section(PartKeys.file) {
      return MultipartPart(name: "", content: .file(path: path), contentType: type, filename: filename)
    }
    return section(PartKeys.text).map {
      MultipartPart(name: "", content: .text($0), contentType: type, filename: filename)
    }
  }
}
