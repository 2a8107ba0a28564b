import Blackbox
import Documents
import Model
import Testing

/// What a configuration file may not say, by the words of blackbox_exporter and the place.
struct RuleTests {
  @Test(
    "A module that breaks a rule is told with upstream's words and the place",
    arguments: [
      ("prober: ftp", "3:12: prober 'ftp' is not valid"),
      ("timeout: 1s", "3:3: prober '' is not valid: the module names none"),
      ("prober:", "3:4: prober '' is not valid: the module names none"),
      ("prober: http, timeout: 5", "3:27: expected a duration, found '5'"),
      ("prober: http, timeout: 5 s", "3:27: expected a duration, found '5 s'"),
      ("prober: http, tcp: {tls: perhaps}", "3:29: expected true or false, found 'perhaps'"),
      ("prober: http, http: {body: a, body_file: b}", "3:34: setting body and body_file both are not allowed"),
      (
        "prober: http, http: {fail_if_body_matches_regexp: ['(']}",
        "3:55: Could not compile regular expression '(': missing ): ("
      ),
      (
        "prober: http, http: {fail_if_header_matches: [{regexp: a}]}",
        "3:50: header name must be set for HTTP header matchers"
      ),
      (
        "prober: http, http: {fail_if_header_not_matches: [{header: a, regexp: ''}]}",
        "3:66: regexp must be set for HTTP header matchers"
      ),
      (
        "prober: http, http: {compression: br, headers: {accept-encoding: 'gzip;q=1, *;q=0'}}",
        "3:25: invalid configuration \"accept-encoding: gzip;q=1, *;q=0\", \"compression: br\""
      ),
      ("prober: http, http: {body_size_limit: 100}", "3:42: expected a size, found '100'"),
      ("prober: http, http: {body_size_limit: 1kB}", "3:42: expected a size, found '1kB'"),
      (
        "prober: http, http: {valid_http_versions: [HTTP/3.0]}",
        "3:25: HTTP/3 cannot be used as a valid HTTP version when enable_http3 is false"
      ),
      ("prober: http, http: {valid_status_codes: [abc]}", "3:46: expected a whole number, found 'abc'"),
      ("prober: http, http: {valid_status_codes: 200}", "3:45: expected a list, found '200'"),
      (
        "prober: tcp, tcp: {query_response: [{expect: a, expect_bytes: b}]}",
        "3:52: expect and expect_bytes are mutually exclusive"
      ),
      (
        "prober: tcp, tcp: {query_response: [{expect: a, tls: true}]}",
        "3:52: unknown key 'tls' in an entry of 'query_response'"
      ),
      ("prober: tcp, tcp: {proxy_url: 'http://a:1'}", "3:23: proxy_url of a tcp module is no SOCKS proxy"),
      ("prober: dns, dns: {query_type: A}", "3:22: query name must be set for DNS module"),
      ("prober: http, dns: {query_name: a, query_type: a}", "3:51: query type 'a' is not valid"),
      ("prober: http, dns: {query_name: a, query_class: XX}", "3:52: query class 'XX' is not valid"),
      ("prober: icmp, icmp: {ttl: -1}", "3:25: \"ttl\" cannot be negative"),
      ("prober: icmp, icmp: {ttl: 256}", "3:25: \"ttl\" cannot exceed 255"),
      ("prober: udp, udp: {tls: true}", "3:23: unknown key 'tls' in 'udp'"),
    ])
  func rule(keys: String, problem: String) {
    #expect(problems("modules:\n a:\n  {\(keys)}\n").contains(problem), "\(problems("modules:\n a:\n  {\(keys)}\n"))")
  }

  @Test(
    "What http_client_config forbids is told in the words of prometheus/common",
    arguments: [
      (
        "bearer_token: tok-1, bearer_token_file: b",
        "at most one of bearer_token & bearer_token_file must be configured"
      ),
      (
        "basic_auth: {}, bearer_token: tok-1",
        "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured"
      ),
      (
        "basic_auth: {username: a, username_file: b}",
        "at most one of basic_auth username, username_file & username_ref must be configured"
      ),
      (
        "basic_auth: {password: abcd, password_ref: b}",
        "at most one of basic_auth password, password_file & password_ref must be configured"
      ),
      (
        "authorization: {credentials: cred-1}, bearer_token: tok-1",
        "authorization is not compatible with bearer_token & bearer_token_file"
      ),
      (
        "authorization: {credentials: cred-1, credentials_file: b}",
        "at most one of authorization credentials & credentials_file must be configured"
      ),
      ("authorization: {type: ' Basic '}", "authorization type cannot be set to \"basic\", use \"basic_auth\" instead"),
      ("authorization: {}, basic_auth: {}", "at most one of basic_auth, oauth2 & authorization must be configured"),
      ("oauth2: {token_url: a}", "oauth2 client_id must be configured"),
      ("oauth2: {client_id: a}", "oauth2 token_url must be configured"),
      (
        "oauth2: {client_id: a, token_url: b, client_secret: sec-1, client_secret_file: d}",
        "at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured using "
          + "grant-type=client_credentials"
      ),
      (
        "proxy_connect_header: {a: [val-1]}",
        "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured"
      ),
      (
        "proxy_url: 'http://a', proxy_from_environment: true",
        "if proxy_from_environment is configured, proxy_url must not be configured"
      ),
      (
        "no_proxy: a, proxy_from_environment: true",
        "if proxy_from_environment is configured, no_proxy must not be configured"
      ),
      ("no_proxy: a", "if no_proxy is configured, proxy_url must also be configured"),
      ("http_headers: {hOst: {values: [a]}}", "setting header \"hOst\" is not allowed"),
      ("tls_config: {min_version: TLS9}", "unknown TLS version: TLS9"),
      ("tls_config: {ca: a, ca_file: b}", "at most one of ca, ca_file & ca_ref must be configured"),
      (
        "tls_config: {cert: a, cert_file: b, key: key-1}",
        "at most one of cert, cert_file & cert_ref must be configured"
      ),
      ("tls_config: {cert: a, key_file: b, key: key-1}", "at most one of key and key_file must be configured"),
      (
        "tls_config: {cert_file: a}",
        "exactly one of key or key_file must be configured when a client certificate is configured"
      ),
      (
        "tls_config: {key_file: a}",
        "exactly one of cert or cert_file must be configured when a client key is configured"
      ),
    ])
  func client(keys: String, message: String) {
    // In both places, with nothing else to say of the file.
    let http = problems("modules: {a: {prober: http, http: {\(keys)}}}")
    let websocket = problems("modules: {a: {prober: websocket, websocket: {http_config: {\(keys)}}}}")
    #expect(http.map { $0.drop { $0 != " " }.dropFirst() } == [message[...]], "\(http)")
    #expect(websocket.map { $0.drop { $0 != " " }.dropFirst() } == [message[...]], "\(websocket)")
  }

  @Test("All that is wrong with a file is told in one pass, from top to bottom, and wrapped as upstream does it")
  func everythingAtOnce() throws {
    let reading = read(
      """
      modules:
        a:
          prober: htpt
          http:
            no_redirects: true
            method: [GET]
        b:
          prober: icmp
          timeout: soon
      module: {}
      """)
    #expect(reading.file == nil)
    #expect(
      reading.errorText == """
        error parsing config file: 
          line 3, column 13: prober 'htpt' is not valid; did you mean 'http'?
          line 5, column 7: unknown key 'no_redirects' in 'http'
          line 6, column 15: expected text, found a list
          line 9, column 14: expected a duration, found 'soon'
          line 10, column 1: unknown key 'module' in the file; did you mean 'modules'?
        """)
    #expect(
      read("modules: {a: {prober: x}}").errorText
        == "error parsing config file: line 1, column 23: prober 'x' is not valid")
  }

  @Test(
    "A bad CEL expression is told with the place inside of it",
    arguments: [
      ("'body.a == '", "Could not compile CEL program 'body.a == '"),
      ("'bdy.a == 1'", "Could not compile CEL program 'bdy.a == 1'"),
      ("''", "Could not compile CEL program ''"),
    ])
  func cel(text: String, beginning: String) {
    let found = problems("modules: {a: {prober: http, http: {fail_if_body_json_matches_cel: \(text)}}}")
    #expect(found.count == 1 && found[0].contains(beginning), "\(found)")
  }

  @Test("HTTP/3 is held to what goes with it, and to what the installed libcurl speaks")
  func http3() throws {
    func found(_ keys: String, http3: Bool) -> [Substring] {
      problems("modules: {a: {prober: http, http: {\(keys)}}}", http3: http3).map { $0.drop { $0 != " " }.dropFirst() }
    }
    let right = "valid_http_versions: [HTTP/3.0], enable_http3: true, enable_http2: false"
    #expect(
      found(right, http3: true) == [
        "warning: HTTP/3 is spoken over TLS alone: http:// targets are probed as https://"
      ])
    #expect(
      found(right, http3: false) == ["enable_http3 cannot be used: the libcurl that is installed speaks no HTTP/3"])
    #expect(
      found("valid_http_versions: [HTTP/3.0, HTTP/1.1], enable_http3: true", http3: true).prefix(2) == [
        "HTTP/3 and HTTP/2.0/1.1 cannot be used together - only HTTP/3.0 is allowed when enable_http3 is true",
        "when enable_http3 is true, enable_http2 must be set to false",
      ])
  }

  @Test(
    "What loads, though it does not do what its writer may think, is a warning",
    arguments: [
      ("http: {no_follow_redirects: true}", "no_follow_redirects is deprecated"),
      ("http: {valid_http_versions: [HTTP/2]}", "'HTTP/2' is taken for 'HTTP/2.0'"),
      ("http: {compression: zstd}", "compression 'zstd' is unknown: every probe fails"),
      ("http: {preferred_ip_protocol: ipv6}", "'ipv6' means ip4, as every text but 'ip6' does"),
      ("tcp: {source_ip_address: localhost}", "'localhost' is no IP address: every probe fails"),
      ("dns: {query_name: a, transport_protocol: sctp}", "transport_protocol 'sctp' is unknown: every probe fails"),
      ("dns: {query_name: a, dns_over_tls: true}", "dns_over_tls needs transport_protocol: tcp: every probe fails"),
      (
        "dns: {query_name: a, validate_answer_rrs: {fail_if_matches_regexp: ['(']}}",
        "bad regular expression '(', every probe fails: missing ): ("
      ),
      (
        "tcp: {query_response: [{expect: a, labels: [{name: a-b, value: c}]}]}",
        "'a-b' cannot be the name of a label, which is left out"
      ),
    ])
  func warning(keys: String, message: String) {
    let reading = read("modules: {a: {prober: http, \(keys)}}")
    #expect(reading.file != nil)
    #expect(reading.diagnostics.map(\.message) == [message])
    #expect(reading.errorText == nil)
  }
}
