import Expressions
import Model
import Transport

/// Where the client's credentials stand in the request for a token.
enum TokenRequestStyle: Hashable {
  case header, body
  /// A signed assertion, which is the grant itself.
  case assertion
}

// What is sent to a token endpoint.
extension OAuth2Client {
  /// How long an assertion can be used; the clocks of both sides may differ by some of it.
  private static let assertionSeconds: Int64 = 600

  /// What is tried, in order.
  var styles: [TokenRequestStyle] {
    switch proof {
    case .secret: [.header, .body]
    case .assertion: [.assertion]
    }
  }

  /// The request's header fields.
  func headers(_ style: TokenRequestStyle, userAgent: String) -> [HeaderField] {
    var headers = [
      HeaderField("User-Agent", userAgent), HeaderField("Accept", "application/json"),
      HeaderField("Content-Type", "application/x-www-form-urlencoded"),
    ]
    if style == .header, case .secret(let secret) = proof {
      // RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
      let credentials = "\(Self.encode(clientID)):\(Self.encode(secret))"
      headers.append(HeaderField("Authorization", "Basic \(Base64.encode(credentials.utf8))"))
    }
    return headers
  }

  /// The request's form.
  ///
  /// - Throws: why the assertion cannot be signed.
  func form(_ style: TokenRequestStyle, now: Timestamp) throws(TLSSettingsFailure) -> [UInt8] {
    var form: String
    switch proof {
    case .secret(let secret):
      form = "grant_type=client_credentials"
      if !scopes.isEmpty { form += "&scope=\(Self.encode(scopes.joined(separator: " ")))" }
      if style == .body { form += "&client_id=\(Self.encode(clientID))&client_secret=\(Self.encode(secret))" }
    case .assertion(let assertion):
      form = "grant_type=\(Self.encode("urn:ietf:params:oauth:grant-type:jwt-bearer"))"
      form += "&assertion=\(try token(assertion, now: now))"
    }
    for field in parameters { form += "&\(Self.encode(field.name))=\(Self.encode(field.value))" }
    return Array(form.utf8)
  }

  /// A JSON Web Token in its compact form (RFC 7519, RFC 7515 section 3.1).
  private func token(_ assertion: JWTAssertion, now: Timestamp) throws(TLSSettingsFailure) -> String {
    var header = [("alg", JSON.quote(assertion.algorithm.rawValue)), ("typ", JSON.quote("JWT"))]
    if !assertion.keyID.isEmpty { header.append(("kid", JSON.quote(assertion.keyID))) }
    let seconds = now.nanosecondsSinceEpoch / 1_000_000_000
    var claims = [
      ("iss", JSON.quote(assertion.issuer)), ("sub", JSON.quote(clientID)),
      ("aud", JSON.quote(assertion.audience.isEmpty ? tokenURL : assertion.audience)),
      ("iat", "\(seconds)"), ("exp", "\(seconds + Self.assertionSeconds)"),
      ("jti", JSON.quote(String(UInt64.random(in: 0 ... .max), radix: 16))),
    ]
    if !scopes.isEmpty { claims.append(("scope", JSON.quote(scopes.joined(separator: " ")))) }
    for claim in assertion.claims {
      claims.removeAll { $0.0 == claim.name }
      claims.append((claim.name, claim.value))
    }
    let text = "\(Base64.encodeURL(Self.object(header).utf8)).\(Base64.encodeURL(Self.object(claims).utf8))"
    let signature = try RSASignature.sign(
      Array(text.utf8), with: assertion.key, assertion.algorithm, name: "the client's certificate key")
    return "\(text).\(Base64.encodeURL(signature))"
  }

  private static func object(_ members: [(String, String)]) -> String {
    "{\(members.map { "\(JSON.quote($0.0)):\($0.1)" }.joined(separator: ","))}"
  }

  private static func encode(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        encoded.append(byte)
      default:
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
