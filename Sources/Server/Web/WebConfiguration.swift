/// What a web configuration file says: TLS, who may ask, and how often.
struct WebConfiguration: Sendable {
  /// Nil for plain HTTP.
  var tls: TLS?
  var allowsHTTP2 = true
  /// Added to every answer.
  var headers: [(name: String, value: String)] = []
  /// Empty means that nobody has to say who they are.
  var users: [String: PasswordHash] = [:]
  var rateLimit: RateLimit?

  /// TLS and who the clients must be.
  struct TLS: Hashable, Sendable {
    var certificate: Source
    var key: Source
    var clientAuthentication = ClientAuthentication.none
    var clientAuthorities: Source?
    /// One of them must be in the client's certificate, letter for letter; empty means that any will do.
    var allowedNames: [String] = []
    var versions = TLSServerVersion.tls12 ... .tls13
    /// Of TLS 1.2, by their code points; empty means the library's own choice. Those of TLS 1.3 cannot be chosen, as in Go.
    var ciphers: [UInt16] = []
    /// By their code points; empty means the library's own choice.
    var curves: [UInt16] = []
  }

  /// PEM text, or the file that it is in.
  enum Source: Hashable, Sendable {
    case file(String)
    case text(String)
  }

  /// What is asked of clients, by the names that Go's crypto/tls has for it.
  enum ClientAuthentication: Hashable, Sendable {
    /// Nothing.
    case none
    /// A certificate, which is not verified and may be missing.
    case request
    /// A certificate, which is not verified.
    case requireAny
    /// A certificate may be missing, and is verified if it is there.
    case verifyIfGiven
    /// A certificate that is verified.
    case requireAndVerify
  }

  /// So many requests at once, and one more in each interval.
  struct RateLimit: Hashable, Sendable {
    var interval: Duration
    var burst: Int
  }
}

/// The versions of TLS that a server may speak.
enum TLSServerVersion: Int, Comparable, Hashable, Sendable {
  case tls10, tls11, tls12, tls13

  static func < (left: TLSServerVersion, right: TLSServerVersion) -> Bool { left.rawValue < right.rawValue }
}

/// The names of crypto/tls for what a file may choose. Suites that Go calls insecure are left out, as exporter-toolkit does.
enum GoTLSNames {
  static let versions: KeyValuePairs<String, TLSServerVersion> = [
    "TLS10": .tls10, "TLS11": .tls11, "TLS12": .tls12, "TLS13": .tls13,
  ]

  static let curves: KeyValuePairs<String, UInt16> = [
    "CurveP256": 0x17, "CurveP384": 0x18, "CurveP521": 0x19, "X25519": 0x1D,
  ]

  static let ciphers: KeyValuePairs<String, UInt16> = [
    "TLS_AES_128_GCM_SHA256": 0x1301, "TLS_AES_256_GCM_SHA384": 0x1302, "TLS_CHACHA20_POLY1305_SHA256": 0x1303,
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": 0xC009, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": 0xC00A,
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": 0xC013, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": 0xC014,
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": 0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": 0xC02C,
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": 0xC02F, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": 0xC030,
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCA8, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCA9,
  ]

  static let clientAuthentication: KeyValuePairs<String, WebConfiguration.ClientAuthentication> = [
    "NoClientCert": .none, "RequestClientCert": .request, "RequireAnyClientCert": .requireAny,
    "RequireClientCert": .requireAny, "VerifyClientCertIfGiven": .verifyIfGiven,
    "RequireAndVerifyClientCert": .requireAndVerify,
  ]
}
