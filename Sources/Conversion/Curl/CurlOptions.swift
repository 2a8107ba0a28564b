/// The options of curl (curl(1)): which take a value, and what becomes of those that no request shows.
enum CurlOptions {
  /// Options that are carried over, by their long names.
  static let carriedFlags: Set<String> = [
    "get", "head", "location", "location-trusted", "insecure", "compressed", "http1.0", "http1.1", "http2",
    "http2-prior-knowledge", "http3", "http3-only", "digest", "basic", "ipv4", "ipv6", "fail", "fail-with-body",
    "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3", "next", "globoff",
  ]

  static let carriedValues: Set<String> = [
    "request", "url", "header", "data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json", "form",
    "form-string", "user", "oauth2-bearer", "cookie", "user-agent", "referer", "cacert", "cert", "key", "max-redirs",
    "proxy", "proxy1.0", "socks4", "socks4a", "socks5", "socks5-hostname", "resolve", "connect-to", "max-time",
    "range", "upload-file", "retry", "retry-delay", "tls-max", "url-query",
  ]

  /// Options about what curl shows and stores, which have no meaning for a check: nothing is said of them.
  static let silentFlags: Set<String> = [
    "silent", "show-error", "verbose", "include", "progress-bar", "no-progress-meter", "progress-meter", "no-buffer",
    "buffer", "remote-name", "remote-name-all", "remote-header-name", "remote-time", "create-dirs", "fail-early",
    "parallel", "parallel-immediate", "styled-output", "no-styled-output", "trace-time", "trace-ids", "disable",
    "no-clobber", "clobber", "remove-on-error", "xattr", "no-keepalive", "keepalive", "tcp-nodelay", "no-sessionid",
    "sessionid", "no-npn", "npn", "alpn", "use-ascii", "raw", "suppress-connect-headers", "disallow-username-in-url",
    "proxy-basic", "compressed-ssh", "form-escape", "retry-all-errors", "retry-connrefused", "no-location", "no-fail",
    "no-insecure", "no-compressed", "no-get", "no-head", "path-as-is", "no-show-error", "no-silent", "no-verbose",
  ]

  static let silentValues: Set<String> = [
    "output", "output-dir", "write-out", "stderr", "trace", "trace-ascii", "trace-config", "dump-header", "cookie-jar",
    "create-file-mode", "keepalive-time", "keepalive-cnt", "parallel-max", "libcurl", "etag-save", "expect100-timeout",
    "happy-eyeballs-timeout-ms", "proto", "proto-redir", "variable",
  ]

  private static let notedFlags: Set<String> = [
    "anyauth", "append", "cert-status", "crlf", "disable-eprt", "disable-epsv", "doh-cert-status", "doh-insecure",
    "false-start", "ftp-create-dirs", "ftp-pasv", "ftp-pret", "ftp-skip-pasv-ip", "ftp-ssl-ccc", "ftp-ssl-control",
    "haproxy-protocol", "help", "http0.9", "ignore-content-length", "junk-session-cookies", "list-only",
    "mail-rcpt-allowfails", "manual", "metalink", "negotiate", "netrc", "netrc-optional", "no-alpn", "ntlm", "ntlm-wb",
    "post301", "post302", "post303", "proxy-anyauth", "proxy-digest", "proxy-insecure", "proxy-negotiate",
    "proxy-ntlm", "proxy-ssl-allow-beast", "proxy-ssl-auto-client-cert", "proxy-tlsv1", "proxytunnel", "sasl-ir",
    "socks5-basic", "socks5-gssapi", "socks5-gssapi-nec", "ssl", "ssl-allow-beast", "ssl-auto-client-cert",
    "ssl-no-revoke", "ssl-reqd", "ssl-revoke-best-effort", "sslv2", "sslv3", "tcp-fastopen", "tftp-no-options",
    "tr-encoding", "version", "ca-native", "proxy-ca-native", "mptcp", "tls-earlydata", "skip-existing", "proxy-http2",
  ]

  private static let notedValues: Set<String> = [
    "abstract-unix-socket", "alt-svc", "aws-sigv4", "capath", "cert-type", "ciphers", "config", "connect-timeout",
    "continue-at", "crlfile", "curves", "delegation", "dns-interface", "dns-ipv4-addr", "dns-ipv6-addr", "dns-servers",
    "doh-url", "egd-file", "engine", "etag-compare", "ftp-account", "ftp-alternative-to-user", "ftp-method", "ftp-port",
    "ftp-ssl-ccc-mode", "hostpubmd5", "hostpubsha256", "hsts", "interface", "key-type", "krb", "limit-rate",
    "local-port", "login-options", "mail-auth", "mail-from", "mail-rcpt", "max-filesize", "netrc-file", "noproxy",
    "pass", "pinnedpubkey", "preproxy", "proto-default", "proxy-cacert", "proxy-capath", "proxy-cert",
    "proxy-cert-type", "proxy-ciphers", "proxy-crlfile", "proxy-header", "proxy-key", "proxy-key-type", "proxy-pass",
    "proxy-pinnedpubkey", "proxy-service-name", "proxy-tls13-ciphers", "proxy-tlsauthtype", "proxy-tlspassword",
    "proxy-tlsuser", "proxy-user", "pubkey", "quote", "random-file", "rate", "request-target", "retry-max-time",
    "sasl-authzid", "service-name", "socks5-gssapi-service", "speed-limit", "speed-time", "telnet-option",
    "tftp-blksize", "time-cond", "tls13-ciphers", "tlsauthtype", "tlspassword", "tlsuser", "unix-socket",
    "ipfs-gateway",
    "haproxy-clientip", "vlan-priority", "ip-tos", "sigalgs", "ech", "dns-timeout",
  ]

  /// Whether an option takes a value; nil for one that curl does not have.
  static func takesValue(_ name: String) -> Bool? {
    if carriedValues.contains(name) || silentValues.contains(name) || notedValues.contains(name) { return true }
    if carriedFlags.contains(name) || silentFlags.contains(name) || notedFlags.contains(name) { return false }
    return nil
  }

  /// Whether an option says something about the request that is not carried over.
  static func isNoted(_ name: String) -> Bool { notedFlags.contains(name) || notedValues.contains(name) }

  /// Long names by letter.
  static let letters: [UInt8: String] = {
    let pairs =
      "#progress-bar 0http1.0 1tlsv1 2sslv2 3sslv3 4ipv4 6ipv6 :next Auser-agent Buse-ascii Ccontinue-at Ddump-header "
      + "Ecert Fform Gget Hheader Ihead Jremote-header-name Kconfig Llocation Mmanual Nno-buffer Oremote-name Pftp-port "
      + "Qquote Rremote-time Sshow-error Tupload-file Uproxy-user Vversion Xrequest Yspeed-limit Zparallel aappend "
      + "bcookie ccookie-jar ddata ereferer ffail ggloboff hhelp iinclude jjunk-session-cookies kinsecure llist-only "
      + "mmax-time nnetrc ooutput pproxytunnel qdisable rrange ssilent ttelnet-option uuser vverbose wwrite-out xproxy "
      + "yspeed-time ztime-cond"
    var letters: [UInt8: String] = [:]
    for pair in pairs.split(separator: " ") {
      if let letter = pair.utf8.first { letters[letter] = String(pair.dropFirst()) }
    }
    return letters
  }()

  /// What to do instead of an option that is not carried over.
  static func advice(_ name: String) -> String {
    switch name {
    case "connect-timeout": "the check's timeout bounds connecting too"
    case "config": "give the options of that file on the command line"
    case "netrc", "netrc-file", "netrc-optional": "write auth: with the password as a secret"
    case "ntlm", "ntlm-wb", "negotiate": "auth: knows basic, digest, bearer and oauth2"
    case "aws-sigv4": "sign with hmac_sha256() in a header's template"
    case "anyauth": "write auth: with the scheme that the server asks for"
    case "unix-socket", "abstract-unix-socket": "a unix probe speaks over a socket file"
    case "proxy-user": "write user and password into the URL of proxy:"
    case "pass": "remove the passphrase of the key"
    case "capath": "write tls: {ca: FILE}"
    case "max-filesize": "write max_body:"
    case "pinnedpubkey": "expect certificate.fingerprint_sha256"
    case "dns-servers", "dns-interface", "dns-ipv4-addr", "dns-ipv6-addr", "doh-url":
      "the resolver is set in the service file"
    case "request-target": "write the path into url:"
    default: "check that the request does without it"
    }
  }
}
