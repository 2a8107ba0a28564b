import Exposition
import Testing

@Suite struct TextFormatTests {
  static let openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"
  static let prometheus = "text/plain; version=0.0.4; charset=utf-8"

  @Test(
    "an Accept header chooses the format that it wants most",
    arguments: [
      (nil, prometheus),
      ("", prometheus),
      ("*/*", prometheus),
      ("text/plain", prometheus),
      ("text/plain;version=0.0.4", prometheus),
      ("text/*", prometheus),
      ("text/html,application/xhtml+xml,*/*;q=0.8", prometheus),
      ("application/json", prometheus),
      ("application/openmetrics-text", openMetrics),
      ("application/openmetrics-text; version=1.0.0", openMetrics),
      ("Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8", openMetrics),
      ("application/*", openMetrics),
      // A Prometheus server, before and since version 3.
      (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
          + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", openMetrics
      ),
      (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
          + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
          + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", openMetrics
      ),
      // Protobuf first, as when native histograms are scraped.
      (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
          + "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3", openMetrics
      ),
      // Versions that we do not speak.
      ("application/openmetrics-text;version=0.0.1", prometheus),
      ("application/openmetrics-text;version=2.0.0, text/plain;q=0.1", prometheus),
      ("text/plain;version=1.0.0;q=1, application/openmetrics-text;q=0.2", openMetrics),
      // Qualities.
      ("application/openmetrics-text;q=0.3, text/plain;q=0.4", prometheus),
      ("application/openmetrics-text;q=0.401, text/plain;q=0.4", openMetrics),
      ("application/openmetrics-text;q=0", prometheus),
      ("application/openmetrics-text;q=0, */*;q=1", prometheus),
      ("text/plain;q=0, application/openmetrics-text;q=0.1", openMetrics),
      ("application/openmetrics-text;q=0.5, */*;q=0.8", prometheus),
      ("application/openmetrics-text;q=high, text/plain;q=0.1", prometheus),
      ("application/openmetrics-text;q=7, text/plain;q=0.1", prometheus),
      // The same quality: the more precise wish, then the first.
      ("*/*, application/openmetrics-text", openMetrics),
      ("text/plain, application/openmetrics-text;version=1.0.0", openMetrics),
      ("application/openmetrics-text, text/plain", openMetrics),
      ("text/plain, application/openmetrics-text", prometheus),
      // White space, empty elements, and separators in quotes.
      (" ,, application/openmetrics-text\t;\tq=1 ,", openMetrics),
      ("text/plain;note=\"a,b;q=0\";q=0.1, application/openmetrics-text;q=0.2", openMetrics),
    ] as [(String?, String)]) func negotiation(accept: String?, contentType: String)
  {
    #expect(TextFormat.negotiated(accept: accept).contentType == contentType)
  }
}
