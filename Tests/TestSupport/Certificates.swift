import Glibc

/// Certificates of every kind that a probe may meet, made once a process with the `openssl` program.
///
/// `root.pem` is who tests trust; it issued `intermediate.pem`, which issued the rest. `NAME.pem` holds a leaf with its
/// chain, `NAME.leaf.pem` the leaf alone, `NAME.chain.pem` the rest, `NAME.key` its key, `NAME.ocsp` an answer about it.
package final class Certificates: Sendable {
  /// The one set of the process.
  package static let shared = Result { try Certificates() }

  /// Where the files are.
  package let folder: String

  /// The path of a file among them.
  package func path(_ file: String) -> String { "\(folder)/\(file)" }

  private init() throws {
    folder = try TestProgram.temporaryFolder()
    try makeAuthority("root", subject: "/O=Curlew Test/CN=Root")
    try makeAuthority("other-root", subject: "/O=Curlew Test/CN=Other Root")
    try issue("intermediate", subject: "/O=Curlew Test/CN=Intermediate", by: "root", isAuthority: true)

    let local = "DNS:localhost,DNS:good.example,IP:127.0.0.1,IP:::1"
    try issue("good", subject: "/O=Curlew\\, Test/CN=good.example", names: local, key: "rsa:2048")
    try issue("elliptic", subject: "/CN=elliptic.example", names: local)
    try issue("other", subject: "/CN=a.example", names: "DNS:a.example,DNS:*.b.example")
    try issue("nameless", subject: "/CN=localhost")
    try issue("expired", subject: "/CN=localhost", names: local, from: "200101000000Z", to: "210101000000Z")
    try issue("future", subject: "/CN=localhost", names: local, from: "480101000000Z", to: "490101000000Z")
    try issue("endless", subject: "/CN=localhost", names: local, to: "99991231235959Z")
    try issue("ancient", subject: "/CN=localhost", names: local, from: "15000101000000Z", to: "16000101000000Z")
    try issue("revoked", subject: "/CN=localhost", names: local)
    try issue("client", subject: "/CN=client", names: "DNS:client.example")
    try openssl(
      [
        "req", "-x509", "-days", "30", "-utf8", "-subj", Self.oddSubject, "-addext",
        "subjectAltName=DNS:odd.example,IP:192.0.2.1,DNS:*.odd.example", "-set_serial", "0x0a1b", "-keyout", "odd.key",
        "-out", "odd.leaf.pem",
      ] + Self.elliptic)
    try crossSign()
    try issue("untrusted", subject: "/CN=localhost", names: local, by: "other-root")
    try openssl(
      [
        "req", "-x509", "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=\(local)", "-keyout",
        "self-signed.key", "-out", "self-signed.pem",
      ] + Self.elliptic)

    try TestProgram.write(try TestProgram.read(path("self-signed.pem")), to: path("self-signed.leaf.pem"))

    try openssl(["ca", "-config", "intermediate.cnf", "-revoke", "revoked.leaf.pem"])
    for name in ["good", "revoked"] { try answer(about: name) }
  }

  /// Attributes that Go names and others, some of them twice, with all that has to be escaped.
  private static let oddSubject =
    "/emailAddress=ops@odd.example/DC=example/C=DE/O=Acme\\, Inc/O=#second/OU=A;B\\+C/CN=first/CN= Grün <x> /serialNumber=7"

  /// The intermediate signed by the other root too, until 2040 (`crossed`) and until 2021 (`stale`); each is sent by a server with
  /// the certificate of `good` in front. `both-roots.pem` trusts both roots.
  private func crossSign() throws {
    try TestProgram.write(
      try TestProgram.read(path("root.pem")) + TestProgram.read(path("other-root.pem")), to: path("both-roots.pem"))
    for (name, start, end) in [
      ("crossed", "200101000000Z", "400101000000Z"), ("stale", "200101000000Z", "210101000000Z"),
    ] {
      try openssl([
        "ca", "-batch", "-config", "other-root.cnf", "-in", "intermediate.csr", "-out", "\(name)-intermediate.pem",
        "-notext", "-startdate", start, "-enddate", end,
      ])
      let chain =
        try TestProgram.read(path("intermediate.leaf.pem")) + TestProgram.read(path("\(name)-intermediate.pem"))
      try TestProgram.write(chain, to: path("\(name).chain.pem"))
      for part in ["leaf.pem", "key"] {
        try TestProgram.write(try TestProgram.read(path("good.\(part)")), to: path("\(name).\(part)"))
      }
    }
  }

  private static let elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

  private func openssl(_ arguments: [String]) throws {
    try TestProgram.run(["openssl"] + arguments, in: folder)
  }

  private func makeAuthority(_ name: String, subject: String) throws {
    try openssl(
      [
        "req", "-x509", "-days", "30", "-subj", subject, "-addext",
        "keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
        "-keyout", "\(name).key", "-out", "\(name).pem",
      ] + Self.elliptic)
    try configure(name)
  }

  private func configure(_ name: String) throws {
    try TestProgram.write("", to: path("\(name).index"))
    try TestProgram.write(
      """
      [ca]
      default_ca = authority
      [authority]
      database = \(name).index
      rand_serial = yes
      new_certs_dir = .
      certificate = \(name).leaf.pem
      private_key = \(name).key
      default_md = sha256
      default_days = 30
      policy = policy
      copy_extensions = copy
      unique_subject = no
      [policy]
      organizationName = optional
      commonName = optional
      """, to: path("\(name).cnf"))
    if access(path("\(name).leaf.pem"), F_OK) != 0 {
      try TestProgram.write(try TestProgram.read(path("\(name).pem")), to: path("\(name).leaf.pem"))
    }
  }

  private func issue(
    _ name: String, subject: String, names: String? = nil, by issuer: String = "intermediate", key: String? = nil,
    from start: String? = nil, to end: String? = nil, isAuthority: Bool = false
  ) throws {
    var request = ["req", "-new", "-subj", subject, "-keyout", "\(name).key", "-out", "\(name).csr"]
    if let names { request += ["-addext", "subjectAltName=\(names)"] }
    if isAuthority {
      request += ["-addext", "basicConstraints=critical,CA:TRUE"]
      request += ["-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"]
    }
    try openssl(request + (key.map { ["-newkey", $0, "-nodes"] } ?? Self.elliptic))
    var order = [
      "ca", "-batch", "-config", "\(issuer).cnf", "-in", "\(name).csr", "-out", "\(name).leaf.pem", "-notext",
    ]
    if let start { order += ["-startdate", start] }
    if let end { order += ["-enddate", end] }
    try openssl(order)
    // The root itself is sent by nobody but the untrusted server.
    let above = issuer == "root" ? "" : try TestProgram.read(path("\(issuer).leaf.pem"))
    try TestProgram.write(above, to: path("\(name).chain.pem"))
    try TestProgram.write(try TestProgram.read(path("\(name).leaf.pem")) + above, to: path("\(name).pem"))
    if isAuthority { try configure(name) }
  }

  private func answer(about name: String) throws {
    try openssl([
      "ocsp", "-index", "intermediate.index", "-CA", "intermediate.leaf.pem", "-rsigner", "intermediate.leaf.pem",
      "-rkey", "intermediate.key", "-issuer", "intermediate.leaf.pem", "-cert", "\(name).leaf.pem", "-respout",
      "\(name).ocsp", "-ndays", "1", "-noverify",
    ])
  }
}
