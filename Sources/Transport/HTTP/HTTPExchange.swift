package import Model

/// What one request and its answer showed.
package struct HTTPExchange: Sendable {
  /// The status code; 0 before there was one.
  package var status = 0
  /// The words after the status code.
  package var statusText = ""
  /// Header fields as they came, then those of a trailer section.
  package var headers: [HeaderField] = []
  /// The body without its content codings, as much of it as is kept; cut at the limit.
  package var body: [UInt8] = []
  /// How many bytes the body had, up to the limit.
  package var bodyBytes = 0
  /// "1.0", "1.1", "2" or "3"; empty before there was an answer.
  package var version = ""
  /// The address that was connected to; empty before there was one.
  package var ip = ""
  /// What the TLS handshake showed.
  package var tls: TLSFacts?
  /// How long each phase took, `resolve` being the time from the session's last stamp to the start of this exchange.
  package var phases = Phases()
  /// When it ended, in nanoseconds of `EventLoop.now`: the phases end there, the next exchange's begin there.
  package var end: Int64 = 0
  /// The header fields of the request as it was sent; only when it asked for that.
  package var sentHeaders: [HeaderField]?
  /// What ended it early; nil when it went through.
  package var failure: ProbeFailure?

  /// The values of a header field, in order; names are compared without case.
  package func values(of name: String) -> [String] {
    headers.compactMap { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name ? $0.value : nil }
  }
}
