import HTTPTypes
import Model

/// What "/" shows: where everything is, and the last probes, newest first.
struct LandingPage {
  let results: [ProbeResult]
  let configuration: BlackboxConfiguration

  var reply: Reply {
    var random = SystemRandomNumberGenerator()
    let nonce = String(random.next(), radix: 36) + String(random.next(), radix: 36)
    return Reply(
      type: .html, bytes: bytes(nonce: nonce),
      headers: [.contentSecurityPolicy: SecurityHeaders.pagePolicy(nonce: nonce)])
  }

  private func bytes(nonce: String) -> [UInt8] {
    var html = HTMLWriter()
    html.markup("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
    html.markup("<meta name=\"viewport\" content=\"width=device-width\"><title>Blackbox Exporter</title><style")
    html.attribute("nonce", nonce)
    html.markup(">")
    html.markup(PageStyle.sheet)
    html.markup("</style></head><body><header><h1>Blackbox Exporter</h1><p class=\"asof\">")
    let example = "probe?target=prometheus.io&module=http_2xx"
    link(to: example, "Probe prometheus.io for http_2xx", &html)
    html.markup(" · ")
    link(to: example + "&debug=true", "Debug probe prometheus.io for http_2xx", &html)
    html.markup(" · ")
    link(to: "metrics", "Metrics", &html)
    html.markup(" · ")
    link(to: "config", "Configuration", &html)
    html.markup("</p></header><main><h2>Recent Probes</h2>")
    table(&html)
    html.markup("</main><footer><p class=\"asof\">Curlew ")
    html.text(configuration.version)
    html.markup("</p></footer></body></html>\n")
    return html.bytes
  }

  private func link(to path: String, _ words: String, _ html: inout HTMLWriter) {
    html.markup("<a")
    html.attribute("href", configuration.routePrefix + path)
    html.markup(">")
    html.text(words)
    html.markup("</a>")
  }

  private func table(_ html: inout HTMLWriter) {
    html.markup("<table><thead><tr><th>Module</th><th>Target</th><th>Result</th><th>Debug</th></tr></thead><tbody>")
    for result in results.sorted(by: { $0.id > $1.id }) {
      html.markup("<tr><td>")
      html.isolated(result.moduleName)
      html.markup("</td><td>")
      html.isolated(result.target)
      if result.isSuccess {
        html.markup("</td><td>Success</td><td>")
      } else {
        html.markup("</td><td class=\"down\"><strong class=\"verdict\">Failure</strong></td><td>")
      }
      link(to: "logs?id=\(result.id)", "Logs", &html)
      html.markup("</td></tr>")
    }
    html.markup("</tbody></table>")
  }
}
