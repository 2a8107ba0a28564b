import Blackbox
import Testing

/// What `/config` shows: the expected texts are what blackbox_exporter 0.23.0 prints for the same file, unless a test says
/// otherwise.
struct ConfigurationTextTests {
  @Test("The configuration is shown with defaults filled in, names sorted and secrets hidden")
  func whole() throws {
    let file = try #require(
      read(
        """
        modules:
          zz:
            prober: tcp
            timeout: 1m30s
            tcp:
              tls: true
              source_ip_address: 127.0.0.1
              ip_protocol_fallback: false
              tls_config: {insecure_skip_verify: true, server_name: "a b: c", ca_file: x.pem}
              query_response:
                - send: "a\\r"
                - expect: "^220 ([^ ]+)"
                  send: "multi\\nline"
                - send: !!binary AQL/
                - starttls: yes
                - send: ""
          "null":
          aa:
            prober: http
            http:
              valid_status_codes: [200, 201]
              no_follow_redirects: true
              headers: {"b": "1", A: "x y", n: }
              method: POST
              body: "{\\"a\\": 1}"
              fail_if_header_matches: [{header: Set-Cookie, regexp: '.*', allow_missing: true}]
              body_size_limit: 1MB512KB
              compression: gzip
              basic_auth: {username: u, password: hunter2}
              tls_config: {cert_file: c, key_file: k}
          g: {prober: grpc, timeout: 1.5h, grpc: {service: s, tls: true}}
          i: {prober: icmp, icmp: {payload_size: 100, dont_fragment: true, ttl: 0}}
        """
      ).file)
    let others = """
              tcp:
                  ip_protocol_fallback: true
              icmp:
                  ip_protocol_fallback: true
                  ttl: 64
              dns:
                  ip_protocol_fallback: true
                  recursion_desired: true

      """
    let http = """
              http:
                  ip_protocol_fallback: true
                  follow_redirects: true
                  enable_http2: true

      """
    let expected =
      """
      modules:
          aa:
              prober: http
              http:
                  valid_status_codes:
                      - 200
                      - 201
                  ip_protocol_fallback: true
                  method: POST
                  headers:
                      A: x y
                      b: "1"
                      "n": ""
                  fail_if_header_matches:
                      - header: Set-Cookie
                        regexp: .*
                        allow_missing: true
                  body: '{"a": 1}'
                  basic_auth:
                      username: u
                      password: <secret>
                  tls_config:
                      cert_file: c
                      key_file: k
                      insecure_skip_verify: false
                  follow_redirects: false
                  enable_http2: true
                  compression: gzip
                  body_size_limit: 1MiB512KiB

      """ + others + """
            g:
                prober: grpc
                timeout: 1h30m0s

        """ + http + others + """
                grpc:
                    service: s
                    tls: true
                    ip_protocol_fallback: true
            i:
                prober: icmp

        """ + http + """
                tcp:
                    ip_protocol_fallback: true
                icmp:
                    ip_protocol_fallback: true
                    payload_size: 100
                    dont_fragment: true
                dns:
                    ip_protocol_fallback: true
                    recursion_desired: true
            "null": {}
            zz:
                prober: tcp
                timeout: 1m30s

        """ + http + """
                tcp:
                    source_ip_address: 127.0.0.1
                    query_response:
                        - send: "a\\r"
                        - expect: ^220 ([^ ]+)
                          send: |-
                            multi
                            line
                        - send: !!binary AQL/
                        - starttls: true
                        - {}
                    tls: true
                    tls_config:
                        ca_file: x.pem
                        server_name: 'a b: c'
                        insecure_skip_verify: true
                icmp:
                    ip_protocol_fallback: true
                    ttl: 64
                dns:
                    ip_protocol_fallback: true
                    recursion_desired: true

        """
    let shown = file.configurationText.split(separator: "\n", omittingEmptySubsequences: false)
    for (line, wanted) in zip(shown, expected.split(separator: "\n", omittingEmptySubsequences: false)) {
      try #require(line == wanted)
    }
    #expect(file.configurationText == expected)
  }

  @Test(
    "Texts are quoted where they would be read as something else",
    arguments: [
      ("\"a\\tb\"", "\"a\\tb\""), ("':x'", ":x"), ("'- a'", "'- a'"), ("'#c'", "'#c'"), ("'a #b'", "'a #b'"),
      ("'a: b'", "'a: b'"), ("'~'", "\"~\""), ("'0x1f'", "\"0x1f\""), ("'1e3'", "\"1e3\""),
      ("'2001-01-01'", "\"2001-01-01\""), ("'*a'", "'*a'"), ("'@x'", "'@x'"), ("'`x'", "'`x'"), ("'%x'", "'%x'"),
      ("é", "é"), ("'x '", "'x '"), ("\"\\x01\"", "\"\\x01\""), ("'true'", "\"true\""), ("'='", "="), ("'?x'", "?x"),
      ("'? x'", "'? x'"), ("'-'", "'-'"), ("'a''b\"c'", "a'b\"c"), ("'|x'", "'|x'"), ("'[x'", "'[x'"), ("',x'", "',x'"),
      ("'x,y'", "x,y"), ("'x]'", "x]"), ("'0o7'", "\"0o7\""), ("'1_000'", "\"1_000\""), ("'+1'", "\"+1\""),
      ("'.5'", "\".5\""), ("'.inf'", "\".inf\""), ("'12:30'", "\"12:30\""), ("'N'", "\"N\""), ("'null'", "\"null\""),
      ("'x:'", "'x:'"), ("'-x'", "-x"), ("'--- a'", "'--- a'"), ("'...'", "'...'"), ("'x#y'", "x#y"),
      ("'127.0.0.1'", "127.0.0.1"), ("😀", "\"\\U0001F600\""), ("\"\\t\"", "\"\\t\""), ("'a\\b'", "a\\b"),
    ])
  func scalars(written: String, shown: String) throws {
    let text = try module("prober: http, http: {body: \(written)}").configurationText
    #expect(text.split(separator: "\n").contains("    body: \(shown)"), "\(text)")
  }

  @Test(
    "What is shown is read as the same again",
    arguments: [
      "a\n", "a\nb", "\na", " a\nb", "a \nb", "a\n\n", "\n", "a\tb\nc", "\u{85}", "\u{2028}a", "\u{FEFF}", "'", "\"\\'",
      "a\r\nb",
      "#", "a\n\nb\n", "- a\nb: c\n", "\u{7F}\u{A0}", "<<", "0b1", "!x", "-", "",
    ])
  func roundTrip(body: String) throws {
    var module = BlackboxModule(prober: .http)
    module.http.body = body.isEmpty ? nil : body
    var entry = QueryResponse()
    entry.send = body.isEmpty ? nil : Array(body.utf8)
    module.tcp.queryResponse = [entry]
    module.http.headers = [(body, body)]
    let text = BlackboxFile(modules: [body: module]).configurationText
    let again = try #require(try modules(text)[body])
    #expect(again.http.body == module.http.body)
    #expect(again.tcp.queryResponse.first?.send == entry.send)
    #expect(again.http.headers.first?.name == body)
    #expect(again.http.headers.first?.value == body)
  }

  @Test("Credentials under plain names are hidden, which upstream shows")
  func credentials() throws {
    let module = try module(
      """
      prober: http, http: {headers: {Authorization: Bearer abcdef, cookie: x=1, X-Api-Key: k3y, X-Auth-Token: t0k, Keep-Alive: '5'},
        http_headers: {X-Secret: {values: [v1], secrets: [v2], files: [f]}, Plain: {values: [v3]}},
        oauth2: {client_id: a, client_secret: s3cret, token_url: 'http://u:pw@h/', endpoint_params: {password: v4, a: b}},
        proxy_url: 'http://u:p4ss@h:1', proxy_connect_header: {A: [v5]}},
      grpc: {metadata: {authorization: [v6], Trace: [v7]}}
      """)
    let text = module.configurationText
    for shown in ["Keep-Alive: \"5\"", "- v3", "- f", "a: b", "- v7", "http://u:xxxxx@h:1", "http://u:xxxxx@h/"] {
      #expect(text.contains(shown), "\(shown)")
    }
    for hidden in ["abcdef", "x=1", "k3y", "t0k", "v1", "v2", "s3cret", "pw@", "v4", "p4ss", "v5", "v6"] {
      #expect(!text.contains(hidden), "\(hidden)")
    }
  }
}
