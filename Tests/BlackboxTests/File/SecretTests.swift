import Blackbox
import Documents
import Model
import Testing

/// What of a file must not be seen anywhere.
struct SecretTests {
  @Test("Every secret of a file is known to whoever masks texts")
  func all() throws {
    let file = try #require(
      read(
        """
        modules:
          a:
            prober: http
            http:
              basic_auth: {username: user, password: pass-1}
              headers: {Authorization: Bearer token-2, X-Api-Key: key-3, Accept: plain, Session-Key: x}
              proxy_url: http://u:pass-4@proxy:1
              proxy_connect_header: {X: [value-5]}
              http_headers: {X-Token: {values: [value-6], secrets: [value-7], files: [path]}}
              tls_config: {cert_file: c, key: key-8}
          b:
            prober: grpc
            grpc: {metadata: {authorization: [Basic value-9], other: [open]}}
          c:
            prober: http
            http: {oauth2: {client_id: id, client_secret: secret-10, token_url: u, client_certificate_key: key-11}}
        """
      ).file)
    #expect(
      Set(file.secrets.map(\.exposedValue)) == [
        "pass-1", "token-2", "key-3", "pass-4", "value-5", "value-6", "value-7", "key-8", "value-9", "secret-10",
        "key-11",
      ])
  }

  @Test(
    "A message about a line does not show the secret in it",
    arguments: [
      "http: {basic_auth: {password: hunter2, user: a}}", "http: {basic_auth: {pasword: hunter2}}",
      "http: {bearer_token: hunter2, bearer_token_fil: b}", "http: {headers: {X-Token: hunter2}, metod: GET}",
      "http: {proxy_url: 'http://u:hunter2@h', no_prox: a}", "password: hunter2",
    ])
  func diagnostics(keys: String) {
    let reading = read("modules: {a: {prober: http, \(keys)}}")
    #expect(reading.file == nil)
    for diagnostic in reading.diagnostics { #expect(!diagnostic.rendered().contains("hunter2")) }
    #expect(reading.errorText?.contains("hunter2") == false)
  }
}
